/* A server to be judged: a thread for each connection, PING and ECHO. Prints its port. */
import java.io.*;
import java.net.*;

public class Threads {
  public static void main(String[] args) throws IOException {
    ServerSocket listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    System.out.println(listener.getLocalPort());
    for (;;) {
      Socket socket = listener.accept();
      new Thread(null, () -> serve(socket), "client", 128 * 1024).start();
    }
  }

  static void serve(Socket socket) {
    try (socket; DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream())); OutputStream out = new BufferedOutputStream(socket.getOutputStream())) {
      for (String line = line(in); line != null; line = line(in)) {
        byte[][] words = new byte[Integer.parseInt(line.substring(1))][];
        for (int i = 0; i < words.length; i++) {
          words[i] = new byte[Integer.parseInt(line(in).substring(1))];
          in.readFully(words[i]);
          in.skipBytes(2);
        }
        String name = new String(words[0]).toUpperCase();
        if (name.equals("PING")) out.write("+PONG\r\n".getBytes());
        else if (name.equals("ECHO") && words.length == 2) {
          out.write(("$" + words[1].length + "\r\n").getBytes());
          out.write(words[1]);
          out.write("\r\n".getBytes());
        } else out.write("-ERR unknown command\r\n".getBytes());
        if (in.available() == 0) out.flush();
      }
    } catch (IOException gone) {
    }
  }

  static String line(DataInputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int b = in.read(); b != -1; b = in.read()) {
      if (b == '\n') return text.toString();
      if (b != '\r') text.append((char) b);
    }
    return null;
  }
}
