using System.Buffers.Binary;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>
/// Which versions of TLS a server takes, and the cipher suite that it chooses in each: a ClientHello of its own for every version (RFC 8446
/// section 4.1.2, RFC 5246 section 7.4.1.2), and the ServerHello is all that is read. What nmap's ssl-enum-ciphers says of versions.
/// </summary>
internal sealed class TlsVersionsFact() : TlsFact("tls-versions", "which TLS versions it accepts, and the cipher suite it chooses in each")
{
    private static readonly (ushort Version, string Name)[] Versions =
        [(0x0300, "SSLv3"), (0x0301, "TLSv1.0"), (0x0302, "TLSv1.1"), (0x0303, "TLSv1.2"), (ClientHello.Tls13, "TLSv1.3")];

    private static readonly ServiceProbe[] Hellos =
        [.. Versions.Select(static one => new ServiceProbe($"{one.Name} ClientHello",
            target => ClientHello.Write(one.Version, target.Name)))];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [.. Requests, .. Hellos];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var taken = new List<FactField>();
        for (var i = 0; i < Versions.Length && !context.IsOver; i++)
        {
            if (await context.OpenForTlsAsync() is not { } conversation)
            {
                break;
            }

            await using (conversation)
            {
                var reply = await conversation.AskAsync(Hellos[i], static reply => ServerHello.IsWhole(reply.Span));
                if (ServerHello.TryRead(reply.Span, out var version, out var suite) && version == Versions[i].Version)
                {
                    taken.Add(FactField.Of(Versions[i].Name, CipherSuites.NameOf(suite)));
                }
            }
        }

        return taken.Count == 0 ? null : Fact.Of(Id, taken);
    }

    /// <summary>The first answer of a server: a ServerHello, or an alert.</summary>
    internal static class ServerHello
    {
        private const int RecordHeader = 5;

        /// <summary>Whether all of it that matters has come.</summary>
        public static bool IsWhole(ReadOnlySpan<byte> reply) =>
            reply.Length >= RecordHeader
                && (reply[0] != 0x16 || reply.Length >= RecordHeader + BinaryPrimitives.ReadUInt16BigEndian(reply[3..]));

        /// <summary>Reads version and cipher suite; <c>false</c> for an alert, or what is no TLS.</summary>
        public static bool TryRead(ReadOnlySpan<byte> reply, out ushort version, out ushort suite)
        {
            (version, suite) = (0, 0);

            // A record of a handshake; ServerHello, its length; version, random, session, suite, compression, extensions.
            if (reply.Length < RecordHeader + 4 + 2 + 32 + 1 || reply[0] != 0x16 || reply[1] != 3 || reply[RecordHeader] != 2)
            {
                return false;
            }

            var hello = reply[(RecordHeader + 4)..];
            var rest = hello[35..];
            if (rest.Length < hello[34] + 3)
            {
                return false;
            }

            version = BinaryPrimitives.ReadUInt16BigEndian(hello);
            rest = rest[hello[34]..];
            suite = BinaryPrimitives.ReadUInt16BigEndian(rest);
            rest = rest.Length >= 5 ? rest[5..] : default;
            while (rest.Length >= 4)
            {
                var (type, length) = (BinaryPrimitives.ReadUInt16BigEndian(rest), BinaryPrimitives.ReadUInt16BigEndian(rest[2..]));
                if (rest.Length < 4 + length)
                {
                    break;
                }

                // supported_versions: in TLS 1.3 the version of the hello is a fixed one (RFC 8446 section 4.2.1).
                version = type == ClientHello.SupportedVersions && length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(rest[4..]) : version;
                rest = rest[(4 + length)..];
            }

            return true;
        }
    }
}
