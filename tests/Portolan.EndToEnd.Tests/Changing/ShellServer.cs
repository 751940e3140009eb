using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>What sshd is to a command: one process for each connection, which holds its socket and runs what comes over it.</summary>
internal sealed class ShellServer : IDisposable
{
    public const int Port = 2222;

    /// <summary>
    /// The one that accepts lets go of the socket; the one that serves runs each line in a shell below it. A zero ends the output, the exit
    /// code follows.
    /// </summary>
    private const string Script =
        """
        use strict; use warnings; use IO::Socket::INET; $SIG{CHLD} = 'IGNORE';
        my $server = IO::Socket::INET->new(LocalPort => 2222, Listen => 16, ReuseAddr => 1) or die $!;
        syswrite(STDOUT, "ready\n");
        while (my $connection = $server->accept()) {
          if (my $pid = fork()) { close $connection; next }
          close $server; $SIG{CHLD} = 'DEFAULT';
          while (my $line = <$connection>) { my $output = `{ $line } 2>&1`; my $code = $? >> 8; syswrite($connection, "$output\0$code\n") }
          exit;
        }
        """;

    private readonly Process _process;

    public ShellServer(LabHost host)
    {
        _process = host.Start(Tool.Find("perl"), "-e", Script);
        Assert.Equal("ready", _process.NextLine());
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.End();
        _process.Dispose();
    }
}

/// <summary>A connection to a <see cref="ShellServer"/>.</summary>
internal sealed class ShellSession : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    public ShellSession(LabHost client, string server)
    {
        _socket = client.Run(() =>
        {
            var socket = new Socket(
                AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            { ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds };
            socket.Connect(IPAddress.Parse(server), ShellServer.Port);
            return socket;
        });
        _stream = new NetworkStream(_socket);
        _reader = new StreamReader(_stream, Encoding.UTF8);
    }

    /// <summary>Runs a line of shell at the server.</summary>
    public (string Output, int ExitCode) Run(string line)
    {
        _stream.Write(Encoding.UTF8.GetBytes(line + ";\n"));
        var output = new StringBuilder();
        for (var character = _reader.Read(); character > 0; character = _reader.Read())
        {
            output.Append((char)character);
        }

        return (output.ToString(), int.Parse(_reader.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }
}
