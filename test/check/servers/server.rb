# Servers to be judged: ruby server.rb MODE. Prints its port.
#
# threads   a thread for each connection: PING ECHO SET(PX) GET DEL
# seconds   IO.select over all clients; fault: the time of PX is taken for seconds
# newlines  a thread for each connection; fault: a value is read up to the end of its line
require 'socket'

MODE = ARGV[0]
STORE = {}
LOCK = Mutex.new

def bulk(value) = value.nil? ? "$-1\r\n" : "$#{value.bytesize}\r\n#{value}\r\n".b

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def execute(argv)
  LOCK.synchronize do
    case [argv[0].upcase, argv.length]
    in ['PING', 1] then "+PONG\r\n"
    in ['ECHO', 2] then bulk(argv[1])
    in ['SET', 3 | 5]
      due = argv[4] && now + argv[4].to_f / (MODE == 'seconds' ? 1 : 1000)
      STORE[argv[1]] = [argv[2], due]
      "+OK\r\n"
    in ['GET', 2]
      value, due = STORE[argv[1]]
      bulk(due && now >= due ? nil : value)
    in ['DEL', 2] then ":#{STORE.delete(argv[1]) ? 1 : 0}\r\n"
    else "-ERR unknown command\r\n"
    end
  end
end

# Takes whole requests out of the buffer.
def requests(buffer)
  replies = ''.b
  at = 0
  loop do
    argv, ending = request(buffer, at)
    break if argv.nil?
    at = ending
    replies << execute(argv)
  end
  buffer.slice!(0, at)
  replies
end

def request(buffer, at)
  ending = buffer.index("\r\n", at) or return
  count = buffer[at + 1...ending].to_i
  at = ending + 2
  argv = count.times.map do
    ending = buffer.index("\r\n", at) or return
    length = buffer[at + 1...ending].to_i
    return if buffer.bytesize < ending + 4 + length
    word = buffer[ending + 2, length]
    at = ending + 4 + length
    word
  end
  [argv, at]
end

def by_lines(client)
  while (line = client.gets("\r\n"))
    argv = line[1..].to_i.times.map { client.gets("\r\n") && client.gets("\r\n").to_s.chomp("\r\n") }
    client.write(execute(argv))
  end
end

def serve(client)
  return by_lines(client) if MODE == 'newlines'
  buffer = ''.b
  while (bytes = client.readpartial(65_536))
    client.write(requests(buffer << bytes))
  end
rescue SystemCallError, IOError
  nil
ensure
  client.close
end

listener = TCPServer.new('127.0.0.1', 0)
listener.listen(1024)
$stdout.puts listener.addr[1]
$stdout.flush

if MODE != 'seconds'
  Thread.report_on_exception = false
  loop { Thread.new(listener.accept) { |client| serve(client) } }
end

inputs = {}
outputs = Hash.new { |hash, key| hash[key] = ''.b }
loop do
  waiting = inputs.keys.reject { |each| outputs[each].empty? }
  readable, writable = IO.select([listener, *(inputs.keys - waiting)], waiting)
  (readable + writable).each do |socket|
    if socket == listener
      inputs[listener.accept] = ''.b
      next
    end
    bytes = writable.include?(socket) ? nil : socket.read_nonblock(65_536, exception: false)
    next if bytes == :wait_readable
    raise EOFError if bytes.nil? && !writable.include?(socket)
    outputs[socket] << requests(inputs[socket] << bytes) if bytes
    next if outputs[socket].empty?
    taken = socket.write_nonblock(outputs[socket], exception: false)
    outputs[socket].slice!(0, taken) unless taken == :wait_writable
  rescue SystemCallError, EOFError
    inputs.delete(socket)
    outputs.delete(socket)
    socket.close
  end
end
