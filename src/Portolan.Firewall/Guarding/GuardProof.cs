using System.Diagnostics;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Firewall.Guarding;

/// <summary>Proves that a guard holds, with packets that this host sends to itself: no other host sees them.</summary>
/// <remarks>
/// <para>
/// From an own address to itself goes a SYN for a guarded port, then one for a port that is not guarded and where nothing listens either,
/// then a RST from the guarded port. The kernel works them off in this order, so when its RST of the second has been seen on the loopback,
/// one of the first would have been seen too. The guard holds when there was none and the kernel's own counters say that both rules dropped
/// what was meant for them.
/// </para>
/// <para>A host whose rules keep it from answering itself shows no RST of the second; then the counters alone decide.</para>
/// </remarks>
public static class GuardProof
{
    private const uint Sequence = 0x504f_5254;
    private const ushort Window = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Demands that a guard holds.</summary>
    /// <param name="guard">The guard.</param>
    /// <param name="network">Opens the way of this host to itself.</param>
    /// <param name="own">An address of this host.</param>
    /// <param name="sender">A port that this program holds and that is not guarded.</param>
    /// <param name="control">Another one.</param>
    /// <exception cref="PortolanException">It does not, or that cannot be shown.</exception>
    public static void Demand(PortGuard guard, INetwork network, InternetAddress own, PortNumber sender, PortNumber control)
    {
        var answer = network.FindRoute(own);
        if (answer.Route is not { IsLocal: true } route)
        {
            throw Unproved($"{own} is not an address of this host", $"give one with -S, or leave out -S");
        }

        using var link = network.Open(route);
        using var receiver = link.OpenReceiver(new FrameFilter([own], sender, sender));
        using var packets = link.OpenSender();
        var before = guard.ReadCounts();
        var guarded = guard.Ports.First;
        Send(packets, own, sender, guarded, TcpFlags.Syn);
        Send(packets, own, sender, control, TcpFlags.Syn);
        Send(packets, own, guarded, sender, TcpFlags.Rst);
        var watch = new ResetWatch(link.Layer, guarded, control);
        var startedAt = Stopwatch.GetTimestamp();
        while (!watch.HasControl && !watch.HasGuarded && Stopwatch.GetElapsedTime(startedAt) is var elapsed && elapsed < Patience)
        {
            receiver.Receive(watch, Patience - elapsed);
        }

        var after = guard.ReadCounts();
        if (watch.HasGuarded)
        {
            throw Unproved(
                $"the kernel still answered for port {guarded}", $"`nft list ruleset` shows which rule accepts packets before it");
        }

        if (after.Incoming <= before.Incoming || after.Outgoing <= before.Outgoing)
        {
            throw Unproved(
                $"its rules did not see packets from {own} to itself",
                $"`nft list ruleset` shows loopback rules that drop them; kernel connections need no guard: -sT");
        }
    }

    private static PortolanException Unproved(string what, Advice hint) =>
        new($"the port guard of --own-stack failed its self-test: {what}", hint);

    // One by one: what a rule refuses ends a batch.
    private static void Send(IFrameSender sender, InternetAddress own, PortNumber from, PortNumber to, TcpFlags flags)
    {
        var room = sender.Reserve();
        var header = own.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var length = TcpWriter.Write(room[header..], own, own, new TcpHeader(from, to, Sequence, 0, flags, Window));
        _ = own.IsIPv4
            ? Ipv4Writer.Write(room, own, own, IpProtocol.Tcp, length)
            : Ipv6Writer.Write(room, own, own, IpProtocol.Tcp, length);
        sender.Commit(header + length);
        _ = sender.Flush();
    }

    private sealed class ResetWatch(LinkLayer layer, PortNumber guarded, PortNumber control) : IFrameSink
    {
        internal bool HasGuarded { get; private set; }

        internal bool HasControl { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            var packet = layer == LinkLayer.Ethernet && frame.Length >= EthernetFrame.MinHeaderLength
                ? frame[EthernetFrame.MinHeaderLength..]
                : frame;
            ReadOnlySpan<byte> payload = default;
            if (Ipv4Packet.TryRead(packet, out var four))
            {
                payload = four.Protocol == IpProtocol.Tcp ? four.Payload : default;
            }
            else if (Ipv6Packet.TryRead(packet, out var six))
            {
                payload = six.Protocol == IpProtocol.Tcp ? six.Payload : default;
            }

            if (TcpSegment.TryRead(payload, out var segment) && (segment.Flags & TcpFlags.Rst) != 0)
            {
                HasGuarded |= segment.SourcePort == guarded;
                HasControl |= segment.SourcePort == control;
            }
        }
    }
}
