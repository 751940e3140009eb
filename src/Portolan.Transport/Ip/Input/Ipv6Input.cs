using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Reassembly;

namespace Portolan.Transport.Ip;

/// <summary>Takes IPv6 packets (RFC 8200).</summary>
/// <param name="host">The host.</param>
internal sealed class Ipv6Input(IpHost host)
{
    private const int NextHeaderField = 6;

    internal void OnPacket(IpInterface at, ReadOnlySpan<byte> bytes, bool isChecksumKnown, bool isLocal, Instant now)
    {
        if (!TryReadEnds(ref bytes, out var source, out var destination))
        {
            host.Counters.Drop(IpDrop.Malformed);
        }
        else if (!isLocal && IsMartian(source, destination, at))
        {
            host.Counters.Drop(IpDrop.Martian);
        }
        else if (!TryClassify(destination, at, isLocal, out var delivery))
        {
            host.Forwarder.OnIPv6(at, bytes, source, destination);
        }
        else if (Ipv6Packet.TryRead(bytes, out var packet))
        {
            if (CheckHeaders(packet, bytes, at, out var field))
            {
                Collect(at, packet, bytes, delivery, field, isChecksumKnown, now);
            }
        }
        else
        {
            RefuseChain(bytes, at);
        }
    }

    /// <summary>Reads the fixed header only: a router looks at nothing else.</summary>
    private static bool TryReadEnds(ref ReadOnlySpan<byte> bytes, out InternetAddress source, out InternetAddress destination)
    {
        (source, destination) = (default, default);
        var length = bytes.Length < Ipv6Packet.MinHeaderLength ? int.MaxValue : Ipv6Packet.MinHeaderLength + ((bytes[4] << 8) | bytes[5]);
        if (length > bytes.Length || bytes[0] >> 4 != 6)
        {
            return false;
        }

        bytes = bytes[..length];
        source = InternetAddress.FromBytes(bytes[8..24]);
        destination = InternetAddress.FromBytes(bytes[24..40]);
        return true;
    }

    private bool IsMartian(InternetAddress source, InternetAddress destination, IpInterface at)
    {
        // RFC 4291 sections 2.5.2, 2.5.3 and 2.7; what stays within a node has no business on a wire.
        var isNodeLocal = Router.IsMulticast(destination) && ((destination.UpperBits >> 48) & 0xf) <= 1;
        return Router.IsMulticast(source) || source.IsLoopback || destination.IsLoopback || destination.IsUnspecified || isNodeLocal
            || source.IsIPv4Mapped || destination.IsIPv4Mapped || host.OwnerOf(source, at) is not null;
    }

    private bool TryClassify(InternetAddress destination, IpInterface at, bool isLocal, out IpDelivery delivery)
    {
        delivery = Router.IsMulticast(destination) ? IpDelivery.Multicast : IpDelivery.Host;
        return delivery == IpDelivery.Multicast ? at.Groups.Contains(destination) : host.Takes(destination, at, isLocal);
    }

    /// <summary>
    /// The chain of headers could not be walked. A hop-by-hop header anywhere but first is an unknown next header (RFC 8200 section 4);
    /// else it was cut.
    /// </summary>
    private void RefuseChain(ReadOnlySpan<byte> bytes, IpInterface at)
    {
        host.Counters.Drop(IpDrop.Malformed);
        var (field, offset) = (NextHeaderField, Ipv6Packet.MinHeaderLength);
        while (offset + 8 <= bytes.Length)
        {
            var kind = (IpProtocol)bytes[field];
            if (kind == IpProtocol.HopByHopOptions && field != NextHeaderField)
            {
                host.IcmpErrors.Send(bytes, IcmpError.ProtocolUnreachable(field), at);
                return;
            }

            if (kind is not (IpProtocol.HopByHopOptions or IpProtocol.Routing or IpProtocol.DestinationOptions or IpProtocol.Fragment))
            {
                return;
            }

            field = offset;
            offset += kind == IpProtocol.Fragment ? 8 : (bytes[offset + 1] + 1) * 8;
        }
    }

    /// <summary>Does what the extension headers ask for, up to a fragment header (RFC 8200 section 4).</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="bytes">The same.</param>
    /// <param name="at">Where it came in.</param>
    /// <param name="field">Where the next header field of the upper protocol lies.</param>
    private bool CheckHeaders(in Ipv6Packet packet, ReadOnlySpan<byte> bytes, IpInterface at, out int field)
    {
        field = NextHeaderField;
        foreach (var header in packet.Extensions)
        {
            switch (header.Kind)
            {
                case IpProtocol.Fragment when packet.MoreFragments || packet.IsLaterFragment:
                    return true;
                case IpProtocol.HopByHopOptions or IpProtocol.DestinationOptions when !CheckOptions(packet, header, bytes, at):
                    return false;
                case IpProtocol.Routing when header.TryReadRouting(out var routing) && routing.MustBeRefused:
                    // RFC 8200 section 4.4, and RFC 5095 for type 0: points at the type.
                    return Refuse(bytes, IcmpError.ParameterProblem(header.Offset + 2), at);
                case IpProtocol.Authentication:
                    // There is no security association it could belong to.
                    return Refuse(bytes, IcmpError.ProtocolUnreachable(field), at);
            }

            field = header.Offset;
        }

        return true;
    }

    /// <summary>RFC 8200 section 4.2: what is not known is skipped or not, as the two highest bits of its type say.</summary>
    private bool CheckOptions(in Ipv6Packet packet, in Ipv6ExtensionHeader header, ReadOnlySpan<byte> bytes, IpInterface at)
    {
        if (!header.TryReadOptions(out var options))
        {
            return Refuse(bytes, IcmpError.ParameterProblem(header.Offset + 1), at);
        }

        foreach (var option in options)
        {
            if (option.Type == Ipv6OptionType.RouterAlert || option.Action == Ipv6OptionAction.Skip)
            {
                continue;
            }

            var mustReport = option.Action == Ipv6OptionAction.DiscardAndReport
                || (option.Action == Ipv6OptionAction.DiscardAndReportUnlessMulticast && !Router.IsMulticast(packet.Destination));
            if (mustReport)
            {
                return Refuse(bytes, IcmpError.ParameterProblem(option.Offset, code6: 2), at);
            }

            host.Counters.Drop(IpDrop.Option);
            return false;
        }

        return true;
    }

    private bool Refuse(ReadOnlySpan<byte> bytes, in IcmpError error, IpInterface at)
    {
        host.Counters.Drop(IpDrop.Option);
        host.IcmpErrors.Send(bytes, error, at);
        return false;
    }

    private void Collect(
        IpInterface at, in Ipv6Packet packet, ReadOnlySpan<byte> bytes, IpDelivery delivery, int field, bool isChecksumKnown, Instant now)
    {
        // RFC 6946: an atomic fragment is a whole packet.
        if (!packet.MoreFragments && !packet.IsLaterFragment)
        {
            Deliver(at, packet, bytes, delivery, field, isChecksumKnown, now);
            return;
        }

        var result = host.Reassemble(bytes, at, now, out var whole);
        if (result.Outcome == ReassemblyOutcome.Refused)
        {
            host.Counters.Drop(IpDrop.Fragment);
            if (result.ParameterProblemCode is { } code)
            {
                host.IcmpErrors.Send(bytes, IcmpError.ParameterProblem(result.ParameterProblemPointer, code), at);
            }
        }
        else if (result.Outcome == ReassemblyOutcome.Complete)
        {
            OnWhole(at, whole, delivery, now);
        }
    }

    private void OnWhole(IpInterface at, ReadOnlySpan<byte> whole, IpDelivery delivery, Instant now)
    {
        // What was fragmented twice is not an honest packet, and a chain that only now cannot be walked is refused like any.
        if (!Ipv6Packet.TryRead(whole, out var together))
        {
            RefuseChain(whole, at);
        }
        else if (together.MoreFragments || together.IsLaterFragment)
        {
            host.Counters.Drop(IpDrop.Fragment);
        }
        else if (CheckHeaders(together, whole, at, out var field))
        {
            Deliver(at, together, whole, delivery, field, isChecksumKnown: false, now);
        }
    }

    private void Deliver(
        IpInterface at, in Ipv6Packet packet, ReadOnlySpan<byte> bytes, IpDelivery delivery, int field, bool isChecksumKnown, Instant now)
    {
        if (packet.Protocol == IpProtocol.NoNextHeader)
        {
            return;
        }

        var traffic = packet.TrafficClass;
        var arrival = new IpArrival(
            packet.Source, packet.Destination, at.Number, packet.HopLimit, (EcnCodepoint)(traffic & 3), (byte)(traffic >> 2), delivery,
            isChecksumKnown);
        host.Counters.Delivered++;
        if (packet.Protocol == IpProtocol.Icmpv6)
        {
            host.Answer(host.IcmpInput.OnIcmpv6(at, arrival, packet.Payload, now), bytes, at, field);
            return;
        }

        // RFC 4291 section 2.5.2: nobody can be answered.
        var protocol = packet.Source.IsUnspecified ? null : host.ProtocolOf(packet.Protocol);
        host.Answer(protocol is null ? IpAnswer.ProtocolUnreachable : protocol.OnPacket(arrival, packet.Payload, now), bytes, at, field);
    }
}
