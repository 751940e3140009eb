using Portolan.Packets;

namespace Portolan.Tests.Packets;

/// <summary>Calls every accessor of a view, layer by layer: after TryRead none may fail.</summary>
internal static class PacketAccessors
{
    /// <summary>Reads bytes as everything they could be.</summary>
    internal static void ReadAll(ReadOnlySpan<byte> bytes)
    {
        ReadFrame(bytes);
        ReadPacket(bytes);
        ReadUpper(bytes);
        if (DnsMessage.TryRead(bytes, out var dns))
        {
            Read(dns);
        }
    }

    internal static void ReadFrame(ReadOnlySpan<byte> bytes)
    {
        if (EthernetFrame.TryRead(bytes, out var frame))
        {
            Use(frame.Destination, frame.Source, frame.Type, frame.VlanId, frame.HeaderLength);
            Assert.Equal(bytes.Length, frame.HeaderLength + frame.Payload.Length);
            ReadPacket(frame.Payload);
        }
    }

    internal static void Read(DnsMessage message)
    {
        Use(
            message.Id, message.Flags, message.Operation, message.IsResponse, message.IsTruncated, message.ResponseCode,
            message.Payload.Length);
        Use(message.TryReadEdns(out var edns), edns);
        Use(message.IsAnswerTo(message));
        var questions = 0;
        foreach (var question in message.Questions)
        {
            questions++;
            Use(question.Name.ToString(), question.Type, question.Class, question.Name.IsRoot);
        }

        Assert.Equal(message.Questions.Count, questions);
        Read(message.Answers);
        Read(message.Authorities);
        Read(message.Additional);
    }

    private static void Read(DnsRecords records)
    {
        var count = 0;
        foreach (var record in records)
        {
            count++;
            Use(record.Name.ToString(), record.Type, record.Class, record.TimeToLive, record.Data.Length);
            Use(record.TryReadAddress(out var address), address);
            Use(record.TryReadName(out var name), name.ToString());
            Use(record.TryReadMailExchange(out var preference, out var exchange), preference, exchange.ToString());
            Use(record.TryReadService(out var service), service.Port, service.Priority, service.Weight, service.Target.ToString());
            if (record.TryReadStartOfAuthority(out var soa))
            {
                Use(soa.Server.ToString(), soa.Mailbox.ToString(), soa.Serial, soa.Refresh, soa.Retry, soa.Expire, soa.Minimum);
            }

            foreach (var text in record.Texts)
            {
                Use(text.Length);
            }
        }

        Assert.Equal(records.Count, count);
    }

    private static void ReadPacket(ReadOnlySpan<byte> bytes)
    {
        if (ArpPacket.TryRead(bytes, out var arp))
        {
            Use(
                arp.Operation, arp.SenderHardwareAddress, arp.SenderAddress, arp.TargetHardwareAddress, arp.TargetAddress,
                arp.Payload.Length);
        }

        if (Ipv4Packet.TryRead(bytes, out var v4))
        {
            Use(
                v4.TypeOfService, v4.Identification, v4.DontFragment, v4.MoreFragments, v4.FragmentOffset, v4.IsLaterFragment,
                v4.TimeToLive);
            Use(v4.Protocol, v4.Checksum, v4.HasValidChecksum, v4.Source, v4.Destination, v4.Options.Length);
            Assert.Equal(v4.TotalLength, v4.HeaderLength + v4.Payload.Length);
            ReadUpper(v4.Payload);
        }

        if (Ipv6Packet.TryRead(bytes, out var v6))
        {
            Use(
                v6.TrafficClass, v6.FlowLabel, v6.NextHeader, v6.HopLimit, v6.Source, v6.Destination, v6.ExtensionHeaders.Length,
                v6.Protocol);
            Use(v6.HasFragmentHeader, v6.MoreFragments, v6.FragmentOffset, v6.FragmentIdentification, v6.IsLaterFragment);
            Assert.Equal(v6.TotalLength, v6.HeaderLength + v6.Payload.Length);
            Assert.Equal(v6.FragmentOffset != 0, v6.IsLaterFragment);
            Use(v6.UnfragmentablePart.Length, v6.FragmentPayload.Length, v6.FragmentNextHeader);
            ReadExtensions(v6);
            ReadUpper(v6.Payload);
        }
    }

    private static void ReadExtensions(in Ipv6Packet packet)
    {
        var end = Ipv6Packet.MinHeaderLength;
        foreach (var header in packet.Extensions)
        {
            Assert.Equal(end, header.Offset);
            end += header.Bytes.Length;
            Use(header.Kind, header.NextHeader, header.TryReadRouting(out var routing));
            if (header.TryReadRouting(out routing))
            {
                Use(routing.RoutingType, routing.SegmentsLeft, routing.Data.Length, routing.MustBeRefused);
            }

            if (header.TryReadOptions(out var options))
            {
                foreach (var option in options)
                {
                    Use(option.Type, option.Offset, option.Data.Length, option.Action, option.MayChange);
                }
            }
        }

        Assert.Equal(packet.HeaderLength, end);
    }

    private static void Read(MulticastRecords records)
    {
        var count = 0;
        foreach (var record in records)
        {
            count++;
            Use(record.Type, record.Group, record.AuxiliaryData.Length);
            Read(record.Sources);
        }

        Assert.Equal(records.Count, count);
    }

    private static void Read(AddressList addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            Use(addresses[i]);
        }
    }

    private static void ReadUpper(ReadOnlySpan<byte> bytes)
    {
        var any = Portolan.Model.InternetAddress.AnyIPv4;
        if (TcpSegment.TryRead(bytes, out var tcp))
        {
            Use(
                tcp.SourcePort, tcp.DestinationPort, tcp.Sequence, tcp.Acknowledgment, tcp.Flags, tcp.Window, tcp.Checksum,
                tcp.UrgentPointer);
            Use(tcp.SequenceLength, tcp.HasValidChecksum(any, any), tcp.AccurateEcn, tcp.AccurateEcnCounter);
            Assert.Equal(bytes.Length, tcp.HeaderLength + tcp.Payload.Length);
            Read(tcp.Options);
        }

        if (UdpDatagram.TryRead(bytes, out var udp))
        {
            Use(udp.SourcePort, udp.DestinationPort, udp.Checksum, udp.HasValidChecksum(any, any));
            Assert.Equal(udp.Length, UdpDatagram.HeaderLength + udp.Payload.Length);
            if (DnsMessage.TryRead(udp.Payload, out var dns))
            {
                Read(dns);
            }
        }

        if (IcmpMessage.TryRead(bytes, out var icmp))
        {
            Use(
                icmp.Type, icmp.Code, icmp.Checksum, icmp.HasValidChecksum, icmp.Identifier, icmp.SequenceNumber, icmp.NextHopMtu,
                icmp.Gateway);
            Use(
                icmp.IsError, icmp.Payload.Length, icmp.TryReadTimestamps(out var originate, out var receive, out var transmit), originate,
                receive, transmit);
            ReadQuoted(icmp.Quoted);
        }

        if (Icmpv6Message.TryRead(bytes, out var icmpv6))
        {
            Use(
                icmpv6.Type, icmpv6.Code, icmpv6.Checksum, icmpv6.HasValidChecksum(any, any), icmpv6.Identifier, icmpv6.SequenceNumber,
                icmpv6.NextHopMtu);
            Use(icmpv6.IsError, icmpv6.Payload.Length, icmpv6.IsNeighbourMessage, icmpv6.NeighbourTarget, icmpv6.NeighbourFlags);
            Use(icmpv6.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.SourceLinkLayerAddress, out var address), address);
            foreach (var option in icmpv6.NeighbourOptions)
            {
                Use(option.Type, option.Data.Length);
            }

            ReadQuoted(icmpv6.Quoted);
        }

        if (IgmpMessage.TryRead(bytes, out var igmp))
        {
            Use(
                igmp.Type, igmp.Version, igmp.Checksum, igmp.HasValidChecksum, igmp.Group, igmp.MaxResponseTime,
                igmp.SuppressRouterProcessing, igmp.Robustness, igmp.QueryInterval);
            Read(igmp.Sources);
            Read(igmp.Records);
        }

        if (MldMessage.TryRead(bytes, out var mld))
        {
            Use(mld.Type, mld.Version, mld.Group, mld.MaxResponseTime, mld.SuppressRouterProcessing, mld.Robustness, mld.QueryInterval);
            Read(mld.Sources);
            Read(mld.Records);
        }

        ReadQuoted(bytes);
    }

    private static void Read(TcpOptions options)
    {
        Use(
            options.MaximumSegmentSize, options.WindowScale, options.SackPermitted, options.TryReadTimestamps(out var value, out var echo),
            value, echo);
        for (var i = 0; i < options.SackBlocks.Count; i++)
        {
            Use(options.SackBlocks[i]);
        }

        foreach (var option in options)
        {
            Use(option.Kind, option.Data.Length, option.HasLegalLength);
        }

        var read = options.Read();
        Use(
            read.Present, read.MaximumSegmentSize, read.WindowScale, read.SackBlocks.Count, read.TimestampValue, read.TimestampEcho,
            read.FastOpenCookie.Length);
        Use(read.AccurateEcn, read.UserTimeout, read.Signature.Length);
        Assert.Equal(options.MaximumSegmentSize, read.MaximumSegmentSize);
        Assert.Equal(options.WindowScale, read.WindowScale);
        Assert.Equal(options.SackPermitted, read.Has(TcpOptionSet.SackPermitted));
    }

    private static void ReadQuoted(ReadOnlySpan<byte> bytes)
    {
        if (QuotedPacket.TryRead(bytes, out var quoted))
        {
            Use(
                quoted.Protocol, quoted.IsIPv4, quoted.Source, quoted.Destination, quoted.Identification, quoted.TimeToLive,
                quoted.Payload.Length);
            Use(quoted.HasPorts, quoted.SourcePort, quoted.DestinationPort, quoted.HasSequence, quoted.Sequence);
            Use(quoted.HasEcho, quoted.EchoIdentifier, quoted.EchoSequenceNumber, quoted.HeaderLength);
        }
    }

    private static void Use(params ReadOnlySpan<object?> values) => Assert.False(values.IsEmpty);
}
