/* A server to be judged: one process for each connection, blocking reads. PING and ECHO only; prints its port. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 20];
static size_t used;

/* The end of the line that begins at `at`, or 0. */
static size_t line(size_t at) {
  for (; at + 1 < used; at++)
    if (buffer[at] == '\r' && buffer[at + 1] == '\n') return at + 2;
  return 0;
}

static void put(int client, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t taken = write(client, bytes, count);
    if (taken <= 0) _exit(0);
    bytes += taken;
    count -= taken;
  }
}

/* Executes the first request; returns its length, or 0 while it is not whole. */
static size_t request(int client) {
  size_t at = line(0);
  if (at == 0) return 0;
  int count = atoi(buffer + 1);
  size_t start[8], length[8];
  for (int i = 0; i < count && i < 8; i++) {
    size_t next = line(at);
    if (next == 0) return 0;
    length[i] = atoi(buffer + at + 1);
    start[i] = next;
    at = next + length[i] + 2;
    if (at > used) return 0;
  }
  char head[32];
  if (count == 1 && length[0] == 4 && strncasecmp(buffer + start[0], "PING", 4) == 0) put(client, "+PONG\r\n", 7);
  else if (count == 2 && length[0] == 4 && strncasecmp(buffer + start[0], "ECHO", 4) == 0) {
    put(client, head, sprintf(head, "$%zu\r\n", length[1]));
    put(client, buffer + start[1], length[1] + 2);
  } else put(client, "-ERR unknown command\r\n", 22);
  return at;
}

int main(void) {
  signal(SIGCHLD, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 1024);
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (fork() == 0) {
      close(listener);
      for (ssize_t count; (count = read(client, buffer + used, sizeof buffer - used)) > 0;) {
        used += count;
        for (size_t done; (done = request(client)) > 0;) {
          memmove(buffer, buffer + done, used - done);
          used -= done;
        }
      }
      _exit(0);
    }
    close(client);
  }
}
