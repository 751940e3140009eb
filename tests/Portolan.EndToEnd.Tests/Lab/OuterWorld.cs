using System.Globalization;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// What stands for the machine and its network: a namespace with a cable to a neighbour, which has the addresses that those in a lab try to
/// reach, and a default route to it. A packet socket hears all that crosses any interface of it.
/// </summary>
public sealed class OuterWorld : IDisposable
{
    /// <summary>The neighbour's addresses, which no lab has (RFC 5737, RFC 3849).</summary>
    internal const string Neighbour4 = "192.0.2.1";

    internal const string Neighbour6 = "2001:db8:ffff::1";

    private const int EveryProtocol = 0x0300;

    /// <summary>What tells of itself when an interface comes up has done so by then.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.2);

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LabHost _machine = new();
    private readonly LabHost _neighbour = new();
    private readonly Lock _lock = new();
    private readonly List<byte[]> _heard = [];
    private readonly Socket _ear;
    private readonly TestThread _listener;
    private volatile bool _isDisposed;

    /// <summary>Makes it. Needs root.</summary>
    public OuterWorld()
    {
        foreach (var host in (LabHost[])[_machine, _neighbour])
        {
            host.Setting("net/ipv6/conf/all/router_solicitations", "0");
            host.Setting("net/ipv6/conf/default/router_solicitations", "0");
        }

        LabHost.Connect(_machine, "wan0", _neighbour, "wan1");
        _machine.Address("wan0", "192.0.2.2/24");
        _machine.Address("wan0", "2001:db8:ffff::2/64");
        _neighbour.Address("wan1", Neighbour4 + "/24");
        _neighbour.Address("wan1", Neighbour6 + "/64");
        _machine.Ip($"route add default via {Neighbour4}");
        _machine.Ip($"-6 route add default via {Neighbour6}");
        _ear = _machine.Run(static () => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)EveryProtocol));
        _listener = new TestThread("ear", Listen);
        WaitForQuiet();
        lock (_lock)
        {
            _heard.Clear();
        }
    }

    /// <summary>Frames heard since it was made, as hexadecimal text.</summary>
    internal IReadOnlyList<string> Heard
    {
        get
        {
            lock (_lock)
            {
                return [.. _heard.Select(Convert.ToHexString)];
            }
        }
    }

    /// <summary>Interfaces with their counters, addresses, routes, and the settings that let packets pass.</summary>
    internal string State() => string.Join(
        '\n',
        _machine.Tool("ip", null, "-s", "-o", "link"),
        _machine.Tool("ip", null, "-o", "address"),
        _machine.Tool("ip", null, "route", "show", "table", "all"),
        _machine.Tool("ip", null, "-6", "route", "show", "table", "all"),
        _machine.Run(
            static () =>
                string.Concat(
                    ((string[])["ipv4/ip_forward", "ipv4/conf/all/accept_local", "ipv6/conf/all/forwarding"]).Select(
                        static n => File.ReadAllText("/proc/sys/net/" + n)))));

    /// <summary>Runs a program there.</summary>
    internal RunResult Run(params string[] command)
    {
        var (output, error, exitCode) = _machine.Execute(command[0], null, command[1..]);
        return new RunResult(exitCode, output, error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _listener.Join();
        _ear.Dispose();
        _machine.Dispose();
        _neighbour.Dispose();
    }

    private void WaitForQuiet()
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var count = -1; count != Heard.Count; Thread.Sleep(Quiet))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < Patience,
                string.Create(CultureInfo.InvariantCulture, $"it is never quiet: {count} frames"));
            count = Heard.Count;
        }
    }

    private void Listen()
    {
        var buffer = new byte[ushort.MaxValue];
        while (!_isDisposed)
        {
            // No call that waits for ever: nothing would end it, for a packet socket cannot be shut down.
            if (_ear.Poll(Turn, SelectMode.SelectRead))
            {
                var length = _ear.Receive(buffer);
                lock (_lock)
                {
                    _heard.Add(buffer[..length]);
                }
            }
        }
    }
}
