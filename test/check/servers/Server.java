/*
 * Servers to be judged: java Server.java MODE. PING and ECHO. Prints its port.
 *
 * threads     a thread for each connection
 * pool        fault: ten threads, each of which keeps its client
 * ignore-eof  a Selector; fault: a read of -1 is taken for no bytes
 */
import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.*;

public class Server {
  public static void main(String[] args) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    System.out.println(listener.socket().getLocalPort());
    if (args[0].equals("ignore-eof")) {
      loop(listener);
      return;
    }
    Executor executor = args[0].equals("pool") ? Executors.newFixedThreadPool(10) : task -> new Thread(null, task, "client", 128 * 1024).start();
    for (;;) {
      Socket socket = listener.accept().socket();
      executor.execute(() -> serve(socket));
    }
  }

  static void serve(Socket socket) {
    try (socket; InputStream in = socket.getInputStream(); OutputStream out = socket.getOutputStream()) {
      Client client = new Client();
      byte[] bytes = new byte[65536];
      for (int count = in.read(bytes); count != -1; count = in.read(bytes)) out.write(client.feed(bytes, count));
    } catch (IOException gone) {
    }
  }

  static void loop(ServerSocketChannel listener) throws IOException {
    Selector selector = Selector.open();
    listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
    for (;;) {
      selector.select();
      for (SelectionKey key : selector.selectedKeys()) {
        if (key.isAcceptable()) {
          SocketChannel channel = listener.accept();
          if (channel != null) channel.configureBlocking(false).register(selector, SelectionKey.OP_READ, new Client());
          continue;
        }
        try {
          turn(key, (SocketChannel) key.channel(), (Client) key.attachment());
        } catch (IOException gone) {
          key.channel().close();
        }
      }
      selector.selectedKeys().clear();
    }
  }

  static final ByteBuffer BUFFER = ByteBuffer.allocate(65536);

  static void turn(SelectionKey key, SocketChannel channel, Client client) throws IOException {
    if (key.isReadable()) {
      int count = channel.read(BUFFER.clear());
      if (count > 0) client.out = ByteBuffer.wrap(client.feed(BUFFER.array(), count));
    }
    channel.write(client.out);
    // Who does not take its replies is not read from either.
    key.interestOps(client.out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
  }

  static class Client {
    ByteBuffer out = ByteBuffer.allocate(0);
    private byte[] in = new byte[0];
    private int at;

    /** Replies to the requests that are whole now. */
    byte[] feed(byte[] bytes, int count) {
      int had = in.length;
      in = Arrays.copyOf(in, had + count);
      System.arraycopy(bytes, 0, in, had, count);
      ByteArrayOutputStream replies = new ByteArrayOutputStream();
      int done = 0;
      for (at = 0; request(replies); ) done = at;
      in = Arrays.copyOfRange(in, done, in.length);
      return replies.toByteArray();
    }

    private boolean request(ByteArrayOutputStream replies) {
      int count = number();
      if (count == -1) return false;
      byte[][] words = new byte[count][];
      for (int i = 0; i < count; i++) {
        int length = number();
        if (length == -1 || at + length + 2 > in.length) return false;
        words[i] = Arrays.copyOfRange(in, at, at + length);
        at += length + 2;
      }
      String name = new String(words[0], StandardCharsets.ISO_8859_1).toUpperCase();
      if (name.equals("PING")) replies.writeBytes("+PONG\r\n".getBytes());
      else if (name.equals("ECHO") && count == 2) {
        replies.writeBytes(("$" + words[1].length + "\r\n").getBytes());
        replies.writeBytes(words[1]);
        replies.writeBytes("\r\n".getBytes());
      } else replies.writeBytes("-ERR unknown command\r\n".getBytes());
      return true;
    }

    /** The number of a line such as *2; -1: the line is not whole. */
    private int number() {
      for (int end = at; end + 1 < in.length; end++) {
        if (in[end] != '\r') continue;
        int number = Integer.parseInt(new String(in, at + 1, end - at - 1, StandardCharsets.ISO_8859_1));
        at = end + 2;
        return number;
      }
      return -1;
    }
  }
}
