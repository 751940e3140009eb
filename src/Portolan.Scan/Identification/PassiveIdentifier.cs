using Portolan.Model;

namespace Portolan.Scan.Identification;

/// <summary>Reads what a service is from bytes that it has said already. Nothing is asked.</summary>
public static class PassiveIdentifier
{
    /// <summary>What the bytes tell; <c>null</c> where no protocol is certain of them.</summary>
    /// <param name="bytes">What came over TCP, unasked or as the answer to an ordinary client. A stranger's.</param>
    /// <param name="protocol">The protocol that was spoken, where the caller knows it: then its own reading counts, also where others could
    /// say the same.</param>
    /// <param name="tunnel"><c>ssl</c> inside TLS.</param>
    public static IdentifiedService? Read(ReadOnlySpan<byte> bytes, string? protocol = null, string? tunnel = null)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }

        var reply = new ServiceReply(bytes, asked: null, isEnded: true);
        var (all, faults) = (ServiceCatalog.Of(TransportProtocol.Tcp), new ReaderFaults());
        foreach (var readsFirst in (bool[])[true, false])
        {
            foreach (var reader in all)
            {
                if (reader.ReadsFirst == readsFirst && (protocol is null || reader.Name == protocol)
                    && faults.Read(reader, reply) is { WantsTls: false, Service: { } service } reading
                    && (reading.Match == ReplyMatch.Certain || (reading.Match == ReplyMatch.Likely && protocol is not null)))
                {
                    return service with { Tunnel = tunnel };
                }
            }
        }

        return null;
    }
}
