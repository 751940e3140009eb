using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>Takes the queries of multicast routers.</summary>
/// <param name="host">The host.</param>
internal sealed class GroupQueries(IpHost host)
{
    internal void OnIgmp(IpInterface arrival, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (!IgmpMessage.TryRead(bytes, out var message))
        {
            host.Counters.Drop(IpDrop.Malformed);
        }
        else if (!message.HasValidChecksum)
        {
            host.Counters.Drop(IpDrop.BadChecksum);
        }
        else if (message.Type == IgmpType.Query)
        {
            arrival.Groups.Querier.OnIgmpQuery(message.Version, now);
            arrival.Groups.OnQuery(message.Group, message.MaxResponseTime);
        }
    }

    internal void OnMld(IpInterface arrival, ReadOnlySpan<byte> bytes, InternetAddress source, byte hopLimit, Instant now)
    {
        // RFC 9777 section 5.1.14: from a link-local address, with a hop limit of 1.
        if (!source.IsLinkLocal || hopLimit != MldWriter.HopLimit || !MldMessage.TryRead(bytes, out var message))
        {
            host.Counters.Drop(IpDrop.Malformed);
        }
        else if (message.Type == Icmpv6Type.MulticastListenerQuery)
        {
            arrival.Groups.Querier.OnMldQuery(message.Version, now);
            arrival.Groups.OnQuery(message.Group, message.MaxResponseTime);
        }
    }
}
