using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Apps;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>
/// Two hosts, a connection into which segments are forged, and another beside it that must not notice. Everything that a world checks is
/// checked after every event; in the end all is over, another connection works, and nothing is left.
/// </summary>
internal sealed class SegmentWorld : ITcpHandler
{
    private const ushort Port = 80;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(60);

    private readonly SimWorld _world;
    private readonly SegmentScript _script;
    private readonly SimHost _left;
    private readonly SimHost _right;
    private readonly Dictionary<SimHost, List<byte[]>> _arrived = [];
    private readonly List<TcpConnection> _connections = [];
    private readonly HashSet<string> _outcomes = new(StringComparer.Ordinal);
    private readonly byte[] _room = new byte[4096];
    private int _count;

    private SegmentWorld(SimWorld world, SegmentScript script)
    {
        (_world, _script) = (world, script);
        _left = world.AddHost(new SimHostOptions { Name = "left", Profile = SegmentScript.ProfileOf(script.Left) });
        _right = world.AddHost(new SimHostOptions { Name = "right", Profile = SegmentScript.ProfileOf(script.Right) });
        var cable = world.Connect(_left, _right, LinkLayer.Ip);
        cable.SetFaults(new FaultProfile { Delay = TimeSpan.FromMilliseconds(5), Loss = 0.02 });
        foreach (var (host, at, number) in ((SimHost, IpInterface, int)[])[
            (_left, cable.LeftInterface, 1), (_right, cable.RightInterface, 2)])
        {
            host.AddAddress(at, $"198.18.0.{number}", 24);
            host.AddAddress(at, $"2001:db8::{number}", 64);
            _arrived[host] = [];
        }

        world.Arrived = OnArrival;
    }

    private string Target => _script.IsIPv4 ? "198.18.0.2" : "2001:db8::2";

    /// <summary>Runs a script. Returns what it reached: reasons of drops, errors, phases.</summary>
    /// <exception cref="SimFailureException">Something did not hold.</exception>
    internal static IReadOnlySet<string> Run(SegmentScript script, Stream? capture = null)
    {
        using var world = new SimWorld(1, new SimOptions { Capture = capture });
        var made = new SegmentWorld(world, script);
        made.Run();
        return made._outcomes;
    }

    private void Run()
    {
        var bystander = new TcpTransfer(
            _left, _right, Target, 81, new TcpScript(20_000), new TcpScript(20_000, ReadEvery: TimeSpan.FromMilliseconds(3)));
        bystander.Start();
        TcpListener? listener = null;
        _right.Do(
            () => Assert.True(_right.Tcp.TryListen(
                new TcpListenRequest(InternetAddress.AnyIPv6, new PortNumber(Port), IsDualStack: true), out listener, out _)));
        listener!.Ready = ready =>
        {
            while (ready.TryAccept(out var accepted))
            {
                Take(accepted);
            }
        };
        _left.Do(
            () => Take(_left.Tcp.Connect(new TcpConnectRequest(SimWorld.Address(Target), new PortNumber(Port)), _left.Now).Connection!));
        _world.Run(TimeSpan.FromSeconds(20));
        _world.EndFaults();
        Must(_world.RunUntil(() => bystander.IsOver, Patience), "the connection beside it does not end");
        Must(
            bystander.Client is { IsAtEnd: true, Error: TcpError.None } && bystander.Server is { IsAtEnd: true, Error: TcpError.None },
            $"the connection beside it ends with {bystander.Client.Error} and {bystander.Server.Error}");

        // A forged window or acknowledgment may make two ends wait for each other for ever: their users lose patience.
        EndAll();
        var again = new TcpTransfer(_left, _right, Target, 82, new TcpScript(5000), new TcpScript(5000));
        again.Start();
        Must(
            _world.RunUntil(() => again.IsOver, Patience) && again.Client.IsAtEnd && again.Server.IsAtEnd,
            "a new connection does not work");
        foreach (var transfer in (TcpTransfer[])[bystander, again])
        {
            transfer.StopListening();
        }

        _right.Do(() => listener.Close(_right.Now));
        _world.Run(TimeSpan.FromMinutes(10));
        NoteOutcomes();
        foreach (var host in _world.Hosts)
        {
            var tcp = host.Tcp;
            Must(
                host.Pool.InUse + tcp.ConnectionCount + tcp.HalfOpenCount + tcp.TimeWaitCount + host.Ports.Count == 0
                    && tcp.MemoryUsed == 0,
                $"{host.Name} still has {host.Pool.InUse} buffers, {tcp.MemoryUsed} bytes, {tcp.ConnectionCount}, {tcp.HalfOpenCount} and "
                    + $"{tcp.TimeWaitCount} connections, {host.Ports.Count} ports");
        }
    }

    private void Must(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            _world.Fail(otherwise);
        }
    }

    private void Take(TcpConnection connection)
    {
        _connections.Add(connection);
        connection.Handler = this;
    }

    private void EndAll()
    {
        foreach (var connection in _connections)
        {
            var host = connection.Remote == SimWorld.Address(Target) ? _left : _right;
            _outcomes.Add($"ends as {connection.State} {connection.Error}");
            host.Do(() => connection.Abort(host.Now));
        }
    }

    void ITcpHandler.OnEstablished(TcpConnection connection, Instant now)
    {
        connection.Write(new byte[9000], now);
        connection.Shutdown(now);
    }

    void ITcpHandler.OnReadable(TcpConnection connection, Instant now)
    {
        while (connection.Read(_room, now) > 0)
        {
        }

        if (connection.IsAtEnd)
        {
            connection.Close(now);
        }
    }

    void ITcpHandler.OnClosed(TcpConnection connection, TcpError reason, Instant now) => _outcomes.Add($"closed by {reason}");

    private void OnArrival(SimHost host, IpInterface at, ReadOnlySpan<byte> frame)
    {
        if (!QuotedPacket.TryRead(frame, out var ends) || ends.Protocol != IpProtocol.Tcp || !ends.HasPorts
            || (ends.SourcePort.Value != Port && ends.DestinationPort.Value != Port))
        {
            return;
        }

        _world.ExpectForgery(ends.Source, ends.SourcePort, ends.Destination, ends.DestinationPort);
        var arrived = _arrived[host];
        arrived.Add(frame.ToArray());
        _count++;
        foreach (var forgery in _script.Forgeries.Where(f => f.At == _count))
        {
            var last = arrived.Count - 1;
            var from = Math.Max(0, last - forgery.Back);
            if (ForgedSegment.Make(
                arrived[from], forgery.Changes, back => from >= back ? arrived[from - back] : null, out var facts) is { } packet)
            {
                _world.After(TimeSpan.Zero, () => Inject(host, at, packet, facts!));
            }
        }
    }

    /// <summary>Gives a forged packet to a host, and looks at what it answers.</summary>
    private void Inject(SimHost host, IpInterface at, byte[] packet, ForgedSegment facts)
    {
        if (facts.Port.Value is 81 or 82)
        {
            return;
        }

        if (QuotedPacket.TryRead(packet, out var ends) && ends.HasPorts)
        {
            _world.ExpectForgery(ends.Source, ends.SourcePort, ends.Destination, ends.DestinationPort);
        }

        var counters = host.Tcp.Counters;
        var before = (Sent: counters.SegmentsSent, Resets: counters.ResetsSent, counters.Challenges,
            Wrong: counters.Dropped(TcpDrop.Checksum), Errors: host.Ip.Counters.ErrorsSent);
        host.Do(() => host.Ip.OnFrame(at.Number, packet, host.Now));
        if (facts.IsDamaged && !facts.IsError)
        {
            // RFC 9293 section 3.1, MUST-3.
            Must(
                counters.SegmentsSent == before.Sent && counters.Dropped(TcpDrop.Checksum) == before.Wrong + 1,
                "a segment with a wrong checksum does something");
        }

        Must(
            counters.ResetsSent <= before.Resets + (facts.IsReset ? 0 : 1),
            facts.IsReset ? "an RST is answered with an RST" : "one segment is answered with two RSTs");
        Must(counters.Challenges <= before.Challenges + 1, "one segment is challenged twice");
        Must(host.Ip.Counters.ErrorsSent <= before.Errors + 1, "one packet is answered with two ICMP errors");
    }

    private void NoteOutcomes()
    {
        foreach (var host in _world.Hosts)
        {
            foreach (var reason in Enum.GetValues<TcpDrop>().Where(r => host.Tcp.Counters.Dropped(r) > 0))
            {
                _outcomes.Add($"drops {reason}");
            }

            foreach (var reason in Enum.GetValues<IpDrop>().Where(r => host.Ip.Counters[r] > 0))
            {
                _outcomes.Add($"IP drops {reason}");
            }

            _outcomes.Add(host.Tcp.Counters.Challenges > 0 ? "challenges" : "");
            _outcomes.Add(host.Tcp.Counters.ResetsSent > 0 ? "resets" : "");
            _outcomes.Add(host.Tcp.Counters.ResetsTaken > 0 ? "takes resets" : "");
        }
    }
}
