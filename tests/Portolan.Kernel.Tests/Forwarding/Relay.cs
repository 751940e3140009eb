using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Udp;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>A relay that runs in the test's network namespace, and what it told.</summary>
internal sealed class Relay : IRelayObserver, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private bool _isStopped;

    public Relay(
        string listen, string target, ForwardOptions? options = null, int threads = 2, FlowTimes? times = null, bool start = true,
        int? room = null)
        : this(ForwardWords.ReadPair(listen, target, options ?? new ForwardOptions()), threads, start, times, room)
    {
    }

    public Relay(IReadOnlyList<ForwardSpec> specs, int threads = 2, bool start = true, FlowTimes? times = null, int? room = null)
    {
        Engine = new RelayEngine(specs, threads, this, TimeProvider.System) { FlowTimes = times ?? FlowTimes.Usual };
        Engine.FlowRoom = room is { } most ? new FlowRoom(most) : Engine.FlowRoom;
        Engine.Open();
        if (start)
        {
            Engine.Start();
        }
    }

    public RelayEngine Engine { get; }

    public ConcurrentQueue<ConnectionReport> Ended { get; } = new();

    public ConcurrentQueue<(string Target, bool IsUp, string Why)> Targets { get; } = new();

    public ConcurrentQueue<bool> Shortages { get; } = new();

    public ConcurrentQueue<(EndCause Cause, string Text, string? Hint)> Losses { get; } = new();

    public bool WantsConnections => true;

    public int Port => Engine.BoundTo(0).Port.Value;

    public IPEndPoint Address => new(IPAddress.Loopback, Port);

    public ForwardTotals Totals => Engine.Totals(0);

    public void ConnectionEnded(in ConnectionReport report) => Ended.Enqueue(report);

    public void TargetChanged(ForwardSpec forward, TargetPoint target, bool isUp, string why) =>
        Targets.Enqueue((target.ToString(), isUp, why));

    public void DescriptorsShort(bool isShort, int limit) => Shortages.Enqueue(isShort);

    public void DatagramsLost(ForwardSpec forward, EndCause cause, string text, Advice? hint) =>
        Losses.Enqueue((cause, text, hint?.ToString()));

    public void Warned(string text) => Assert.Fail(text);

    /// <summary>A client that is connected.</summary>
    public Socket Connect() => Connect(Address);

    public static Socket Connect(EndPoint address)
    {
        var socket = new Socket(
            address.AddressFamily, SocketType.Stream,
            address.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp)
        {
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
            SendTimeout = (int)Patience.TotalMilliseconds,
        };
        socket.Connect(address);
        return socket;
    }

    /// <summary>A connection there is reset. The reset may come before connect has returned: then that fails instead.</summary>
    public static void AssertReset(EndPoint address) => Assert.Throws<SocketException>(() =>
    {
        using var client = Connect(address);
        client.Receive(new byte[1]);
    });

    /// <summary>Waits for the report of the next connection that ends.</summary>
    public ConnectionReport Next()
    {
        ConnectionReport report = default;
        Wait(() => Ended.TryDequeue(out report));
        return report;
    }

    public static void Wait(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience), "it never happened");

    public int Stop(TimeSpan drain)
    {
        _isStopped = true;
        var left = 0;
        new TestThread("the end of the relay", () => left = Engine.Stop(drain)).Join(drain + Bounded.Limit);
        return left;
    }

    public void Dispose()
    {
        if (!_isStopped)
        {
            Stop(TimeSpan.Zero);
        }
    }
}
