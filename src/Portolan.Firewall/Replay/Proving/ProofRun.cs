using System.Net;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Tracing;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Scratch;
using Portolan.Packets;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>One packet sent in a scratch namespace that is ready, and all that is seen of it.</summary>
internal sealed class ProofRun(
    ScratchNamespace scratch, HostFacts host, ProofPacket packet, RuleMap rules, CancellationToken cancellationToken)
{
    private const int TraceGroup = 9; // NFNLGRP_NFTRACE
    private const int BufferSize = 8192;

    /// <summary>When nothing more is seen for so long there is nothing more to come: all is done in the call that sends.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(20);

    /// <summary>A packet that was seen nowhere is waited for a little longer, as the machine may be busy.</summary>
    private const int QuietRoundsForLost = 15;

    /// <summary>So often a request is waited for that has not come.</summary>
    private const int ServiceRounds = 10;

    private readonly CraftedPacket _crafted = new(packet);
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly List<TraceEvent> _events = [];
    private readonly HashSet<uint> _own = [];
    private readonly List<ScratchChannel> _listening = [];
    private uint _serverSequence;
    private bool _isAnswered;
    private PacketFate? _arrival;
    private InternetAddress? _finalDestination;
    private ushort? _finalPort;
    private int _outputInterface;
    private PacketReply _reply;
    private int _replyInterface;
    private bool _isIncomplete;

    internal KernelProof Send(IReadOnlyList<ProofListener> listeners)
    {
        Listen(listeners);
        using var trace = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Netfilter, TraceGroup);
        using var delivered = scratch.OpenDelivered(ScratchPlace.Near, packet.IsIPv4, packet.Protocol);
        var wires = host.Interfaces.Where(static link => link is { IsUp: true, IsLoopback: false })
            .Select(link => (link.Index, Channel: scratch.OpenFrames(ScratchPlace.Far, link.Index))).ToList();
        var before = new RoutingCounters(scratch);
        var errno = packet.Direction == FlowDirection.Inbound ? SendFromFar(wires) : SendFromHere();
        Watch(trace, delivered, wires);
        if (_isIncomplete)
        {
            return new KernelProof { Packet = packet, Obstacles = ["trace events were lost"] };
        }

        var proof = Conclude(errno, before);
        return MayExchange(proof) ? proof with { Exchange = Exchange(trace, delivered, wires) } : proof;
    }

    // Where the packet is not for a socket that was made here, another answers or none.
    private bool MayExchange(KernelProof proof) =>
        packet.Direction == FlowDirection.Inbound && proof is { IsDone: true, Fate: PacketFate.Delivered } && _listening.Count > 0
        && (packet.Protocol == 17 || proof.Reply == PacketReply.Accepted);

    /// <summary>Sends a request behind the handshake, and looks for the reply.</summary>
    private ProofExchange Exchange(
        ScratchChannel trace, ScratchChannel delivered, List<(int Index, ScratchChannel Channel)> wires)
    {
        var first = _events.Count;
        if (packet.Protocol == 6)
        {
            var wire = wires.First(wire => wire.Index == packet.InterfaceIndex).Channel;
            wire.Send(_crafted.LaterFrame(_serverSequence, isRequest: false));
            wire.Send(_crafted.LaterFrame(_serverSequence, isRequest: true));
        }

        var isServed = false;
        for (var round = 0; round < ServiceRounds && !isServed; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            isServed = _listening.Exists(socket => scratch.Serve(socket, CraftedPacket.Reply, Quiet) == ScratchService.Answered);
        }

        Watch(trace, delivered, wires);
        if (_isAnswered)
        {
            return new ProofExchange(ExchangeStop.None, null);
        }

        var ending = _events.Skip(first).LastOrDefault(static told => told is
        {
            Kind: not TraceEventKind.Return, Verdict: VerdictKind.Drop or VerdictKind.Queue or VerdictKind.Stolen
        });
        return new ProofExchange(
            isServed ? ExchangeStop.Reply : ExchangeStop.Request, ending is null ? null : rules.Find(ending));
    }

    private void Listen(IReadOnlyList<ProofListener> listeners)
    {
        foreach (var listener in listeners.Where(listener => listener.Address.IsIPv4 == packet.IsIPv4))
        {
            try
            {
                _listening.Add(scratch.Bind(
                    ScratchPlace.Near, listener.IsTcp, new IPEndPoint(listener.Address.ToIPAddress(), listener.Port),
                    listener.InterfaceName, listens: true));
            }
            catch (ScratchException)
            {
                // On an address or interface that is not there nothing can be reached either; delivery is seen without it.
            }
        }
    }

    private int SendFromFar(List<(int Index, ScratchChannel Channel)> wires) =>
        wires.First(wire => wire.Index == packet.InterfaceIndex).Channel.Send(_crafted.Frame());

    private int SendFromHere()
    {
        var socket = scratch.Bind(ScratchPlace.Near, packet.Protocol == 6, EndPoint(packet.Source, packet.SourcePort), "", listens: false);
        return scratch.Connect(socket, EndPoint(packet.Destination, packet.DestinationPort), CraftedPacket.Payload);
    }

    /// <summary>A link-local address of IPv6 is one of an interface (RFC 4007).</summary>
    private IPEndPoint EndPoint(InternetAddress address, ushort port)
    {
        var local = address.ToIPAddress();
        if (address is { IsIPv4: false, IsLinkLocal: true })
        {
            local.ScopeId = packet.OutputInterface;
        }

        return new IPEndPoint(local, port);
    }

    private void Watch(ScratchChannel trace, ScratchChannel delivered, List<(int Index, ScratchChannel Channel)> wires)
    {
        for (var quietRounds = 0; quietRounds < (IsSettled ? 2 : QuietRoundsForLost);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isQuiet = true;
            while (TryReceive(trace, isQuiet ? Quiet : TimeSpan.Zero, out var datagram))
            {
                isQuiet = false;
                TakeEvents(datagram);
            }

            while (TryReceive(delivered, TimeSpan.Zero, out var bytes))
            {
                isQuiet = false;
                TakeDelivered(bytes);
            }

            foreach (var (index, channel) in wires)
            {
                while (TryReceive(channel, TimeSpan.Zero, out var frame))
                {
                    isQuiet = false;
                    TakeFrame(index, frame);
                }
            }

            quietRounds = isQuiet ? quietRounds + 1 : 0;
        }
    }

    private bool IsSettled => _arrival is not null || Ending() is not null;

    private bool TryReceive(ScratchChannel channel, TimeSpan timeout, out ReadOnlySpan<byte> bytes)
    {
        var receipt = channel.Receive(_buffer, timeout);
        _isIncomplete |= receipt.Errno == Errno.NoBufferSpace;
        bytes = receipt.Errno == 0 ? _buffer.AsSpan(0, Math.Min(receipt.Length, _buffer.Length)) : default;
        return receipt.Errno == 0 && receipt.Length > 0;
    }

    private void TakeEvents(ReadOnlySpan<byte> datagram)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            if (messages.Header.Type != NetfilterHeader.Type(NetfilterMessage.Trace) || !TraceEvent.TryRead(messages.Payload, out var told))
            {
                continue;
            }

            _events.Add(told);
            if (_crafted.IsTraced(told.NetworkHeader.Span, told.TransportHeader.Span))
            {
                _own.Add(told.PacketId);
            }
        }
    }

    private void TakeDelivered(ReadOnlySpan<byte> bytes)
    {
        // A raw socket of IPv6 gets what follows the headers (rawv6_rcv); where it went the trace has told.
        ushort? port;
        InternetAddress? destination = null;
        if (packet.IsIPv4)
        {
            if (!_crafted.IsSame(bytes, out var address, out port))
            {
                return;
            }

            destination = address;
        }
        else if (!_crafted.IsSameTransport(bytes, out port))
        {
            return;
        }

        (_arrival, _finalDestination, _finalPort) = (PacketFate.Delivered, destination, port);
    }

    private void TakeFrame(int index, ReadOnlySpan<byte> bytes)
    {
        if (!EthernetFrame.TryRead(bytes, out var frame))
        {
            return;
        }

        if (_crafted.IsSame(frame.Payload, out var destination, out var port))
        {
            // Delivery counts: what a rule copies elsewhere is not the packet.
            _arrival ??= packet.Direction == FlowDirection.Inbound ? PacketFate.Forwarded : PacketFate.Sent;
            _outputInterface = _outputInterface == 0 ? index : _outputInterface;
            (_finalDestination, _finalPort) = (_finalDestination ?? destination, _finalPort ?? port);
        }
        else if (_crafted.ReplyIn(frame.Payload) is var reply and not PacketReply.None)
        {
            (_reply, _replyInterface) = (reply, index);
            _serverSequence = reply == PacketReply.Accepted ? CraftedPacket.SequenceOf(frame.Payload) : 0;
        }
        else
        {
            _isAnswered |= _crafted.HasReply(frame.Payload);
        }
    }

    /// <summary>The event that ended the packet, or <c>null</c>.</summary>
    private TraceEvent? Ending() => _events.FindLast(told =>
        _own.Contains(told.PacketId) && told.Kind != TraceEventKind.Return
            && told.Verdict is (VerdictKind.Drop or VerdictKind.Queue or VerdictKind.Stolen));

    private KernelProof Conclude(int errno, RoutingCounters before)
    {
        var steps = Steps(told => _own.Contains(told.PacketId));
        var ending = Ending();
        var decider = ending is null ? LastAcceptance(steps) : rules.Find(ending);
        var fate = ending?.Verdict switch
        {
            VerdictKind.Drop => IsRejection(decider) ? PacketFate.Rejected : PacketFate.Dropped,
            VerdictKind.Queue => PacketFate.Queued,
            VerdictKind.Stolen => PacketFate.Stolen,
            _ => _arrival ?? PacketFate.Vanished,
        };
        var proof = new KernelProof
        {
            Packet = packet,
            Fate = fate,
            Decider = decider,
            FinalDestination = _finalDestination,
            FinalPort = _finalPort,
            OutputInterface = fate is PacketFate.Forwarded or PacketFate.Sent ? _outputInterface : 0,
            RoutingCounter = fate == PacketFate.Vanished ? new RoutingCounters(scratch).GrownSince(before) : null,
            Reply = _reply,
            ReplyInterface = _replyInterface,
            Steps = steps,
            ReplySteps = Steps(told => !_own.Contains(told.PacketId)),
        };

        // What is sent from here may be refused because it is dropped, or has no route; what comes in is not.
        return errno != 0 && packet.Direction == FlowDirection.Inbound
            ? proof with { Obstacles = [new LinuxException(errno, "send the packet").Message] }
            : proof;
    }

    private List<TraceStep> Steps(Func<TraceEvent, bool> isWanted) =>
        [.. _events.Where(isWanted).Select(told => new TraceStep(told, rules.Find(told))).Where(static step => step.Rule is not null)];

    private static RuleReference? LastAcceptance(List<TraceStep> steps) =>
        (steps.FindLast(static step => step.Event is { Kind: TraceEventKind.Rule, Verdict: VerdictKind.Accept })
            ?? steps.FindLast(static step => step.Event is { Kind: TraceEventKind.Policy, Verdict: VerdictKind.Accept }))?.Rule;

    private static bool IsRejection(RuleReference? decider) =>
        decider?.Rule?.Expressions.Any(static expression => expression is RejectExpression or XtTargetExpression { Name: "REJECT" })
            ?? false;
}
