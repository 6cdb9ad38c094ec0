# A server to be judged: select(2) over all clients, PING only, as the "concurrent clients" stage is passed. Prints its port.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1024, ReuseAddr => 1) or die $!;
# A client may have gone before its replies are written.
$SIG{PIPE} = 'IGNORE';
$| = 1;
print $listener->sockport, "\n";
my $select = IO::Select->new($listener);
my %buffers;
while (my @ready = $select->can_read) {
  for my $socket (@ready) {
    if ($socket == $listener) {
      my $client = $listener->accept or next;
      $select->add($client);
      $buffers{$client} = '';
      next;
    }
    my $count = sysread $socket, $buffers{$socket}, 65536, length $buffers{$socket};
    if (!$count) {
      delete $buffers{$socket};
      $select->remove($socket);
      close $socket;
      next;
    }
    while ($buffers{$socket} =~ s/^\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)+)//) {
      syswrite $socket, $2 =~ /^\$4\r\nping\r\n/i ? "+PONG\r\n" : "-ERR unknown command\r\n";
    }
  }
}
