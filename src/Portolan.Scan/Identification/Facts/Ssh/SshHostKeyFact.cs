using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Ssh;

/// <summary>
/// The host keys of an SSH server: for each kind that it offers, a key exchange up to its answer, which shows the key (RFC
/// 4253 section 8, RFC 5656 section 4, RFC 8731). The exchange ends there: nothing is encrypted and no login is attempted.
/// </summary>
internal sealed class SshHostKeyFact() : ServiceFact("ssh-hostkey", "the server's keys: kind, bits, SHA256 fingerprint", "ssh")
{
    private const byte ExchangeReply = 31;
    private const string Exchanges =
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
        + "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1";

    // By kind: what a client asks for, likeliest first. One exchange shows one key.
    private static readonly (string Kind, string[] Algorithms, ServiceProbe Probe)[] Kinds =
    [
        Kind("RSA", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
        Kind("DSA", "ssh-dss"),
        Kind("ECDSA 256", "ecdsa-sha2-nistp256"),
        Kind("ECDSA 384", "ecdsa-sha2-nistp384"),
        Kind("ECDSA 521", "ecdsa-sha2-nistp521"),
        Kind("ED25519", "ssh-ed25519"),
    ];

    // A client's half of the exchange. It is never finished, so a fixed half will do: on the curves their base points, elsewhere a number
    // with no secret behind it.
    private static readonly ServiceProbe Curve25519 =
        new("SSH key exchange by curve25519", SshPacket.Write([30, .. SshPacket.String([9, .. new byte[31]])]));

    private static readonly ServiceProbe NistCurve =
        new("SSH key exchange by nistp256", SshPacket.Write([30, .. SshPacket.String([4, .. Convert.FromHexString(
        "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        + "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")])]));

    private static readonly ServiceProbe Group14 =
        new("SSH key exchange by Diffie-Hellman group 14", SshPacket.Write([30, .. SshPacket.String(Number(256))]));
    private static readonly ServiceProbe Group1 =
        new("SSH key exchange by Diffie-Hellman group 1", SshPacket.Write([30, .. SshPacket.String(Number(128))]));

    /// <inheritdoc/>
    public override bool NeedsOpenSsl => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [SshOffer.Hello, .. Kinds.Select(static kind => kind.Probe), Curve25519, NistCurve, Group14, Group1];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var keys = new List<HostKey>();
        var offered = (string[]?)null;
        foreach (var (_, algorithms, probe) in Kinds)
        {
            if ((offered is not null && !algorithms.Intersect(offered).Any()) || context.IsOver)
            {
                continue;
            }

            if (await context.OpenAsync() is not { } conversation)
            {
                break;
            }

            await using (conversation)
            {
                if (await SshOffer.HearAsync(conversation) is not { } offer)
                {
                    break;
                }

                offered = offer.HostKeys;
                if (algorithms.Intersect(offered).Any() && HalfFor(offer) is { } half)
                {
                    await conversation.SendAsync(probe);
                    var reply = await conversation.AskAsync(half, static said => SshPacket.TryFind(said.Span, ExchangeReply, out _));
                    if (HostKey.Read(reply.Span) is { } key && !keys.Exists(known => known.Blob.AsSpan().SequenceEqual(key.Blob)))
                    {
                        keys.Add(key);
                    }
                }
            }
        }

        return keys.Count == 0 ? null : Describe(keys);
    }

    private static (string Kind, string[] Algorithms, ServiceProbe Probe) Kind(string name, params string[] algorithms) =>
        (name, algorithms, new ServiceProbe($"SSH key exchange for a key of {name}",
            SshOffer.Write(Exchanges, string.Join(',', algorithms))));

    // RFC 4253 section 7.1: the first of the client's that the server has.
    private static ServiceProbe? HalfFor(SshOffer offer) => Array.Find(Exchanges.Split(','), offer.Exchanges.Contains) switch
    {
        null => null,
        "ecdh-sha2-nistp256" => NistCurve,
        "diffie-hellman-group1-sha1" => Group1,
        var name when name.StartsWith("curve25519", StringComparison.Ordinal) => Curve25519,
        _ => Group14,
    };

    // Below the prime of its group, and with many bits.
    private static byte[] Number(int length)
    {
        var number = new byte[length];
        Array.Fill(number, (byte)0x55);
        return number;
    }

    private Fact Describe(List<HostKey> keys)
    {
        var text = new StringBuilder();
        foreach (var key in keys)
        {
            text.Append(FormattableString.Invariant($"\n  {key.Bits} SHA256:{key.Sha256} ({key.Name})"));
        }

        return Fact.Of(Id, keys.Select(static key => FactField.Table(null,
        [
            FactField.Of("type", key.Type), FactField.Of("bits", key.Bits), FactField.Of("sha256", key.Sha256),
                FactField.Of("fingerprint", key.Md5),
            FactField.Of("key", Convert.ToBase64String(key.Blob)),
        ])), text.ToString());
    }

    /// <summary>A key as it goes over the wire (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4).</summary>
    /// <param name="Type">Its algorithm: <c>ssh-ed25519</c>.</param>
    /// <param name="Bits">Its length.</param>
    /// <param name="Blob">All of it.</param>
    internal sealed record HostKey(string Type, int Bits, byte[] Blob)
    {
        /// <summary>The name that <c>ssh-keygen -l</c> shows.</summary>
        public string Name => Type switch
        {
            "ssh-rsa" => "RSA",
            "ssh-dss" => "DSA",
            "ssh-ed25519" => "ED25519",
            _ when Type.StartsWith("ecdsa-", StringComparison.Ordinal) => "ECDSA",
            _ => Type,
        };

        /// <summary>The fingerprint that OpenSSH shows, without its padding.</summary>
        public string Sha256 => Convert.ToBase64String(SHA256.HashData(Blob)).TrimEnd('=');

        /// <summary>The fingerprint that nmap shows.</summary>
        public string Md5 => Convert.ToHexStringLower(HashMd5(Blob));

        /// <summary>Reads it from the server's answer; <c>null</c> where it is not there, or broken.</summary>
        public static HostKey? Read(ReadOnlySpan<byte> said)
        {
            if (!SshPacket.TryFind(said, ExchangeReply, out var payload))
            {
                return null;
            }

            var rest = payload[1..];
            if (!SshPacket.TryString(ref rest, out var blob) || blob.Length > 1 << 14)
            {
                return null;
            }

            var parts = blob;
            if (!SshPacket.TryString(ref parts, out var type) || !SshPacket.TryString(ref parts, out var first)
                || ReplyText.Of(type) is not { } name)
            {
                return null;
            }

            // RSA: e, n. DSA: p, … ECDSA: curve, point. Ed25519: 32 bytes.
            var bits = name switch
            {
                "ssh-rsa" => SshPacket.TryString(ref parts, out var modulus) ? BitsOf(modulus) : 0,
                "ssh-dss" => BitsOf(first),
                "ssh-ed25519" => 8 * first.Length,
                _ when name.StartsWith("ecdsa-sha2-nistp", StringComparison.Ordinal)
                    && int.TryParse(name.AsSpan("ecdsa-sha2-nistp".Length), out var size) => size,
                _ => 0,
            };
            return bits > 0 ? new HostKey(name, bits, blob.ToArray()) : null;
        }

        private static int BitsOf(ReadOnlySpan<byte> number)
        {
            number = number.TrimStart((byte)0);
            return number.IsEmpty ? 0 : (8 * number.Length) - BitOperations.LeadingZeroCount((uint)number[0]) + 24;
        }

#pragma warning disable CA5351 // nmap's fingerprint of a key; the one that counts is SHA-256.
        private static byte[] HashMd5(byte[] bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
    }
}
