using System.Buffers.Binary;
using System.Net;
using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>Takes a zone from its primary server over TCP (AXFR, RFC 5936).</summary>
internal static class ZoneTransfer
{
    private const int Port = 53;
    private const int MaxRecords = 1_000_000;

    /// <summary>Takes a zone.</summary>
    /// <returns><c>null</c> when the primary cannot be reached, or does not give it.</returns>
    internal static async Task<Zone?> TryTakeAsync(ServiceHost host, string primary, string origin, CancellationToken cancellationToken)
    {
        var addresses = InternetAddress.TryParse(primary, out var literal) ? [literal] : host.Directory.Find(primary);
        foreach (var address in addresses)
        {
            try
            {
                await using var stream =
                    await host.Stack.ConnectTcpAsync(new IPEndPoint(address.ToIPAddress(), Port), null, cancellationToken);
                if (await TakeAsync(stream, new LineTalk(stream), host, origin, cancellationToken) is { } zone)
                {
                    return zone;
                }
            }
            catch (Exception exception) when (StreamService.IsEndOfTalk(exception, CancellationToken.None))
            {
                // The next address may answer.
            }
        }

        return null;
    }

    private static async Task<Zone?> TakeAsync(
        Stream stream, LineTalk talk, ServiceHost host, string origin, CancellationToken cancellationToken)
    {
        var id = (ushort)new Transport.KeyedRandom(host.Seed).Next();
        var query = new byte[2 + 512];
        if (!DnsWriter.TryWriteQuery(query.AsSpan(2), id, origin, DnsType.Axfr, out var length, DnsFlags.None, edns: false))
        {
            return null;
        }

        BinaryPrimitives.WriteUInt16BigEndian(query, (ushort)length);
        await stream.WriteAsync(query.AsMemory(0, 2 + length), cancellationToken);
        var taking = new Taking(origin);
        var prefix = new byte[2];
        while (await talk.ReadExactlyAsync(prefix, cancellationToken))
        {
            var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            if (!await talk.ReadExactlyAsync(message, cancellationToken) || !taking.TryAdd(message, id))
            {
                return null;
            }

            if (taking.IsWhole)
            {
                return taking.Zone;
            }
        }

        return null;
    }

    /// <summary>What came of a zone so far: it begins and ends with its SOA record.</summary>
    private sealed class Taking(string origin)
    {
        private int _count;

        internal Zone? Zone { get; private set; }

        internal bool IsWhole { get; private set; }

        internal bool TryAdd(byte[] bytes, ushort id)
        {
            if (!DnsMessage.TryRead(bytes, out var message) || message.Id != id || !message.IsResponse
                || message.ResponseCode != DnsResponseCode.NoError)
            {
                return false;
            }

            foreach (var record in message.Answers)
            {
                if (IsWhole || ++_count > MaxRecords || !ZoneRecord.TryRead(record, out var read) || !Dns.Zone.Contains(origin, read!.Name))
                {
                    return false;
                }

                if (Zone is null)
                {
                    if (read.Type != DnsType.Soa)
                    {
                        return false;
                    }

                    Zone = new Zone(origin, read);
                }
                else if (read.Type == DnsType.Soa)
                {
                    IsWhole = true;
                }
                else
                {
                    Zone.Add(read);
                }
            }

            return true;
        }
    }
}
