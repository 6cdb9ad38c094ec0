/* Servers to be judged, each with a known fault or none: server MODE. Prints its port. PING and ECHO.
 *
 * fork            a process for each connection, blocking reads
 * select, poll    a loop; who does not take its replies is not read from either
 * poll-exact      fault: reads until a request is whole, however long that takes
 * poll-strings    fault: takes values for C strings, which end at a NUL
 * poll-drops      fault: what the socket does not take is lost
 * poll-dies       fault: an error of one connection ends it; PING only
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define MOST_CLIENTS 2048
#define CHUNK 65536

struct bytes {
  char *at;
  size_t used, room;
};

struct client {
  int fd;
  struct bytes in, out;
};

static const char *mode;
static struct client clients[MOST_CLIENTS];
static int count;

static void append(struct bytes *bytes, const char *more, size_t length) {
  if (bytes->used + length > bytes->room) bytes->at = realloc(bytes->at, bytes->room = 2 * (bytes->used + length));
  if (more != NULL) memcpy(bytes->at + bytes->used, more, length);
  bytes->used += length;
}

static void drop(struct bytes *bytes, size_t length) {
  memmove(bytes->at, bytes->at + length, bytes->used - length);
  bytes->used -= length;
}

/* Behind the line that begins at `at`, or 0. */
static size_t line(const struct bytes *in, size_t at) {
  const char *end = at < in->used ? memchr(in->at + at, '\n', in->used - at) : NULL;
  return end == NULL ? 0 : end - in->at + 1;
}

/* Executes the request at `at`; returns where the next one begins, or 0 while it is not whole. */
static size_t request(struct client *client, size_t at) {
  const struct bytes *in = &client->in;
  size_t next = line(in, at), start[2] = {0}, length[2] = {0};
  if (next == 0) return 0;
  int words = atoi(in->at + at + 1);
  at = next;
  for (int i = 0; i < words; i++) {
    if ((next = line(in, at)) == 0) return 0;
    size_t bytes = atoi(in->at + at + 1);
    at = next + bytes + 2;
    if (at > in->used) return 0;
    if (i < 2) start[i] = next, length[i] = bytes;
  }
  const char *name = in->at + start[0], *text = in->at + start[1];
  if (words == 1 && length[0] == 4 && strncasecmp(name, "PING", 4) == 0) append(&client->out, "+PONG\r\n", 7);
  else if (words == 2 && length[0] == 4 && strncasecmp(name, "ECHO", 4) == 0 && strcmp(mode, "poll-dies") != 0) {
    char head[32];
    if (strcmp(mode, "poll-strings") == 0) length[1] = strnlen(text, length[1]);
    append(&client->out, head, sprintf(head, "$%zu\r\n", length[1]));
    append(&client->out, text, length[1]);
    append(&client->out, "\r\n", 2);
  } else append(&client->out, "-ERR unknown command\r\n", 22);
  return at;
}

static void execute(struct client *client) {
  size_t at = 0;
  for (size_t next; (next = request(client, at)) > 0;) at = next;
  drop(&client->in, at);
}

/* One read. Its result. */
static ssize_t receive(struct client *client, int flags) {
  append(&client->in, NULL, CHUNK);
  ssize_t got = recv(client->fd, client->in.at + client->in.used - CHUNK, CHUNK, flags);
  client->in.used -= CHUNK - (got > 0 ? got : 0);
  return got;
}

static int serve_alone(int fd) {
  struct client client = {.fd = fd};
  while (receive(&client, 0) > 0) {
    execute(&client);
    while (client.out.used > 0) {
      ssize_t taken = write(fd, client.out.at, client.out.used);
      if (taken <= 0) return 0;
      drop(&client.out, taken);
    }
  }
  return 0;
}

/* Writes what waits; returns 0 if the connection is at its end. */
static int flush(struct client *client) {
  if (client->out.used == 0) return 1;
  ssize_t taken = send(client->fd, client->out.at, client->out.used, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN) return 0;
  drop(&client->out, strcmp(mode, "poll-drops") == 0 ? client->out.used : taken < 0 ? 0 : (size_t)taken);
  return 1;
}

/* Returns 0 if the connection is at its end. */
static int serve(struct client *client) {
  if (client->out.used > 0) return flush(client);
  for (int reads = 0; reads == 0 || (strcmp(mode, "poll-exact") == 0 && client->in.used > 0); reads++) {
    ssize_t got = receive(client, reads == 0 ? MSG_DONTWAIT : 0);
    if (got < 0 && errno == EAGAIN) return 1;
    if (got < 0 && strcmp(mode, "poll-dies") == 0) exit(1);
    if (got <= 0) return 0;
    execute(client);
  }
  return flush(client);
}

static void end(int at) {
  close(clients[at].fd);
  free(clients[at].in.at);
  free(clients[at].out.at);
  clients[at] = clients[--count];
}

/* Waits until something is ready; ready[i] belongs to client i, and the listener's is returned. */
static int wait_poll(int listener, char *ready) {
  static struct pollfd fds[MOST_CLIENTS + 1];
  for (int i = 0; i < count; i++) fds[i] = (struct pollfd){.fd = clients[i].fd, .events = clients[i].out.used > 0 ? POLLOUT : POLLIN};
  fds[count] = (struct pollfd){.fd = listener, .events = POLLIN};
  poll(fds, count + 1, -1);
  for (int i = 0; i < count; i++) ready[i] = fds[i].revents != 0;
  return fds[count].revents != 0;
}

static int wait_select(int listener, char *ready) {
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_SET(listener, &readable);
  int highest = listener;
  for (int i = 0; i < count; i++) {
    FD_SET(clients[i].fd, clients[i].out.used > 0 ? &writable : &readable);
    if (clients[i].fd > highest) highest = clients[i].fd;
  }
  select(highest + 1, &readable, &writable, NULL, NULL);
  for (int i = 0; i < count; i++) ready[i] = FD_ISSET(clients[i].fd, &readable) || FD_ISSET(clients[i].fd, &writable);
  return FD_ISSET(listener, &readable);
}

static void loop(int listener) {
  static char ready[MOST_CLIENTS];
  fcntl(listener, F_SETFL, O_NONBLOCK);
  for (;;) {
    int is_new = strcmp(mode, "select") == 0 ? wait_select(listener, ready) : wait_poll(listener, ready);
    /* From the last to the first, since the last one takes the place of one that ends. */
    for (int i = count - 1; i >= 0; i--)
      if (ready[i] && !serve(&clients[i])) end(i);
    int fd = is_new ? accept(listener, NULL, NULL) : -1;
    /* Of select's set there is room for descriptors below FD_SETSIZE. */
    if (fd >= 0 && (count == MOST_CLIENTS || fd >= FD_SETSIZE)) close(fd);
    else if (fd >= 0) clients[count++] = (struct client){.fd = fd};
  }
}

int main(int argc, char **argv) {
  mode = argc > 1 ? argv[1] : "poll";
  signal(SIGCHLD, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 1024);
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  if (strcmp(mode, "fork") != 0) loop(listener);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (fork() == 0) {
      close(listener);
      _exit(serve_alone(client));
    }
    close(client);
  }
}
