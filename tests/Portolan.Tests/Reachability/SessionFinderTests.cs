using Portolan.Firewall.Changing;
using Portolan.Reachability.Sessions;
using Portolan.Sockets;
using Portolan.Sockets.Owners;
using Portolan.Tests.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability;

/// <summary>Where a program is run from, as its ancestors and their terminals tell.</summary>
public sealed class SessionFinderTests : IDisposable
{
    private const int Tty1 = (4 << 8) | 1;
    private const int Serial0 = (4 << 8) | 64;
    private const int Pts0 = 136 << 8;
    private const int Pts1 = Pts0 | 1;

    private readonly ProcRecording _proc = new();
    private readonly MachineBuilder _machine = new();

    public void Dispose() => _proc.Dispose();

    [Theory]
    [InlineData(Tty1, "tty1")]
    [InlineData(Serial0, "ttyS0")]
    public void The_machines_own_terminal_is_a_console(int terminal, string name)
    {
        Chain(("bash", terminal), ("login", terminal));
        AssertConsole(name);
    }

    [Theory]
    [InlineData("sudo")]
    [InlineData("su")]
    [InlineData("doas")]
    public void What_a_relay_runs_on_a_terminal_of_its_own_is_where_the_relay_is(string relay)
    {
        SomebodyIsHere();
        Chain(("sh", Pts1), (relay, Pts0), ("bash", Pts0), ("sudo", Tty1), ("bash", Tty1), ("login", Tty1));
        AssertConsole("tty1");
    }

    [Theory]
    [InlineData("xterm")]
    [InlineData("tmux: server")]
    [InlineData("x11vnc")]
    public void Behind_another_terminal_anybody_may_be(string holder)
    {
        SomebodyIsHere();
        Chain(("bash", Pts0), (holder, 0), ("bash", Tty1), ("login", Tty1));
        AssertUnknown("as in tmux, screen or a terminal window");
    }

    [Fact]
    public void Where_nobody_has_come_in_a_terminal_is_good_enough()
    {
        _machine.Listen("0.0.0.0:22").Connection("192.0.2.2:50000", "198.51.100.1:443").Connection("127.0.0.1:22", "127.0.0.1:40000");
        Chain(("bash", Pts0), ("xterm", 0));
        AssertConsole("pts/0");
    }

    [Theory]
    [InlineData("SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22\0")]
    [InlineData("A=B\0SSH_TTY=/dev/pts/0\0")]
    public void What_ssh_started_is_never_taken_for_somebody_here(string environment)
    {
        _proc.Add(50, "mosh-server", environment: environment);
        _proc.Add(60, "bash", 50, 300, terminal: Pts0);
        AssertUnknown("as in tmux, screen or a terminal window", 60);
    }

    [Fact]
    public void A_parent_that_holds_a_connection_or_datagrams_may_be_the_way_in()
    {
        _machine.Udp("0.0.0.0:60001").Connection("192.0.2.2:50000", "198.51.100.1:443");
        var snapshot = _machine.Snapshot.Sockets;
        for (var index = 0; index < snapshot.Count; index++)
        {
            var pid = 100 + (10 * index);
            _proc.Add(pid, "agent", descriptors: $"socket:[{snapshot[index].Inode}]");
            _proc.Add(pid + 1, "bash", pid, 300, terminal: Pts0);
            AssertUnknown("as in tmux, screen or a terminal window", pid + 1);
        }
    }

    [Fact]
    public void Without_a_terminal_nobody_is_there()
    {
        Chain(("sh", 0), ("cron", 0));
        AssertUnknown("there is no terminal");
    }

    /// <summary>Somebody else's connection, which no process of the chain holds.</summary>
    private void SomebodyIsHere() => _machine.Listen("0.0.0.0:22").Connection("192.0.2.2:22", "192.0.2.1:40000");

    /// <summary>Processes from the innermost, number 60, to the child of the first.</summary>
    private void Chain(params (string Name, int Terminal)[] processes)
    {
        for (var index = 0; index < processes.Length; index++)
        {
            var isLast = index == processes.Length - 1;
            _proc.Add(
                60 - index, processes[index].Name, isLast ? 1 : 59 - index, (ulong)(300 - index), terminal: processes[index].Terminal);
        }
    }

    private CallerSession Find(int pid)
    {
        _proc.Add(1, "init", 0, 1);
        using var processes = new ProcessReader(_proc.Root);
        var session = SessionFinder.Find(new Source(_machine), processes, pid, null, TestContext.Current.CancellationToken);
        Directory.Delete(Path.Combine(_proc.Root, "1"), recursive: true);
        return session;
    }

    private void AssertConsole(string terminal)
    {
        var session = Find(60);
        Assert.True(session.Origin.Kind == ChangeOriginKind.Console, session.WhyUnknown);
        Assert.Equal(terminal, session.Origin.Terminal);
    }

    private void AssertUnknown(string why, int pid = 60)
    {
        var session = Find(pid);
        Assert.Equal(ChangeOriginKind.Unknown, session.Origin.Kind);
        Assert.Contains(why, session.WhyUnknown, StringComparison.Ordinal);
    }

    private sealed class Source(MachineBuilder machine) : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
        {
            var all = machine.Snapshot;
            var kept = new SocketTable();
            for (var index = 0; index < all.Sockets.Count; index++)
            {
                var entry = all.Sockets[index];
                if ((query.Protocols & (SocketProtocols)(1 << (int)entry.Protocol)) != 0)
                {
                    entry.TcpDetailsIndex = -1;
                    kept.Add() = entry;
                }
            }

            return new SocketSnapshot { Sockets = kept, Namespaces = all.Namespaces, Sources = all.Sources, Missing = [] };
        }
    }
}
