using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Timing;

namespace Portolan.Transport.Ip;

/// <summary>A group that a program listens to on an interface, and the reports about it (RFC 9776 section 5, RFC 9777 section 6).</summary>
/// <param name="host">The host.</param>
/// <param name="owner">The interface.</param>
/// <param name="address">The group.</param>
internal sealed class Group(IpHost host, IpInterface owner, InternetAddress address) : HostTimer
{
    /// <summary>The robustness variable: a change is told so often.</summary>
    private const int Robustness = 2;

    /// <summary>The unsolicited report interval.</summary>
    private const uint ReportIntervalMilliseconds = 1000;

    private int _changesLeft;
    private bool _mustAnswer;

    internal InternetAddress Address { get; } = address;

    /// <summary>How many joined it.</summary>
    internal int Members { get; set; }

    /// <summary>Notifies routers that it was joined or left: now, and again after a random time.</summary>
    internal void Announce()
    {
        _changesLeft = Robustness;
        SendChange();
    }

    /// <summary>Answers a query after a random time, unless an answer comes earlier anyway.</summary>
    internal void AnswerWithin(TimeSpan within)
    {
        if (Members == 0)
        {
            return;
        }

        _mustAnswer = true;
        var at = host.Now + TimeSpan.FromMilliseconds(host.Random.Below((uint)Math.Clamp(within.TotalMilliseconds, 0, 1e9) + 1));
        if (at < Deadline)
        {
            host.Timers.Set(this, at);
        }
    }

    internal override void OnDue(Instant now)
    {
        if (_changesLeft > 0)
        {
            SendChange();
            return;
        }

        if (_mustAnswer)
        {
            _mustAnswer = false;
            Report(MulticastRecordType.ModeIsExclude);
        }
    }

    private void SendChange()
    {
        _changesLeft--;
        Report(Members > 0 ? MulticastRecordType.ChangeToExclude : MulticastRecordType.ChangeToInclude);
        if (_changesLeft > 0)
        {
            host.Timers.Set(this, host.Now + TimeSpan.FromMilliseconds(1 + host.Random.Below(ReportIntervalMilliseconds)));
        }
        else if (Members == 0)
        {
            owner.Groups.Forget(this);
        }
    }

    private void Report(MulticastRecordType type)
    {
        if (owner.IsLoopback || !owner.IsUp)
        {
            return;
        }

        if (Address.IsIPv4)
        {
            ReportIgmp(type, isLeave: type == MulticastRecordType.ChangeToInclude);
        }
        else
        {
            ReportMld(type, isLeave: type == MulticastRecordType.ChangeToInclude);
        }
    }

    private void ReportIgmp(MulticastRecordType type, bool isLeave)
    {
        Span<byte> message = stackalloc byte[IgmpMessage.MinLength + 8];
        Span<byte> room = stackalloc byte[8];
        var version = owner.Groups.Querier.Igmp(host.Now);
        var (destination, length) = (IgmpWriter.AllVersion3Routers, 0);
        if (version == 3)
        {
            var records = new MulticastRecordsWriter(room);
            records.TryAdd(type, Address);
            length = IgmpWriter.WriteReportV3(message, records);
        }
        else if (!isLeave)
        {
            (destination, length) = (Address, IgmpWriter.WriteReport(message, Address, version));
        }
        else if (version == 2)
        {
            (destination, length) = (IgmpWriter.AllRouters, IgmpWriter.WriteLeave(message, Address));
        }

        if (length > 0)
        {
            Send(IpProtocol.Igmp, SourceOf(isIPv4: true), destination, message[..length]);
        }
    }

    private void ReportMld(MulticastRecordType type, bool isLeave)
    {
        Span<byte> message = stackalloc byte[Icmpv6Message.HeaderLength + 20];
        Span<byte> room = stackalloc byte[20];

        // RFC 3590: from the unspecified address while there is no link-local address yet.
        var source = SourceOf(isIPv4: false);
        if (owner.Groups.Querier.Mld(host.Now) == 1)
        {
            var length = isLeave ? MldWriter.WriteDone(message, source, Address) : MldWriter.WriteReport(message, source, Address);
            Send(IpProtocol.Icmpv6, source, isLeave ? MldWriter.AllRouters : Address, message[..length]);
            return;
        }

        var records = new MulticastRecordsWriter(room);
        records.TryAdd(type, Address);
        Send(IpProtocol.Icmpv6, source, MldWriter.AllVersion2Routers, message[..MldWriter.WriteReportV2(message, source, records)]);
    }

    private InternetAddress SourceOf(bool isIPv4)
    {
        foreach (var candidate in owner.Candidates)
        {
            if (candidate.Address.IsIPv4 == isIPv4 && (isIPv4 || candidate.Address.IsLinkLocal))
            {
                return candidate.Address;
            }
        }

        return isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
    }

    /// <summary>A hop limit of 1 and a router alert (RFC 9776 section 4, RFC 9777 section 5).</summary>
    private void Send(IpProtocol protocol, InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> message)
    {
        Span<byte> packet = stackalloc byte[Ipv6Writer.Length + 8 + 28];
        int start;
        if (source.IsIPv4)
        {
            var header = new Ipv4Header(source, destination, protocol, IgmpWriter.TimeToLive, TypeOfService: 0xc0);
            start = Ipv4Writer.Write(packet, header, message.Length, Ipv4Writer.RouterAlert);
        }
        else
        {
            start = Ipv6Writer.Write(packet, source, destination, IpProtocol.HopByHopOptions, 8 + message.Length, MldWriter.HopLimit);
            start += Ipv6ExtensionWriter.WriteRouterAlert(packet[start..], protocol);
        }

        message.CopyTo(packet[start..]);
        host.Transmitter.SendFrame(owner, Transmitter.GroupStation(destination), packet[..(start + message.Length)], default);
    }
}
