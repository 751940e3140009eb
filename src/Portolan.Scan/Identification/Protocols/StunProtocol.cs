using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// STUN and TURN: a binding request; the answer has the same transaction and often names its software (RFC 8489 sections 5, 14.14).
/// </summary>
internal sealed class StunProtocol : ServiceProtocol
{
    private const ushort Software = 0x8022;

    private static readonly byte[] Transaction = [0x21, 0x12, 0xA4, 0x42, .. "portolan-ask"u8];

    private readonly ServiceProbe _binding = new("STUN binding request", [0, 1, 0, 0, .. Transaction]);
    private readonly bool _isStream;

    public StunProtocol(bool isStream)
        : base("stun", 3478)
    {
        _isStream = isStream;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => _isStream ? [5349] : [];

    /// <inheritdoc/>
    public override ServiceProbe Opening => _binding;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Waits;

    /// <inheritdoc/>
    public override bool? ClosesByReset => true;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, _binding) || bytes.IsEmpty || bytes[0] != 1)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 20)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (bytes[1] is not (1 or 0x11) || !bytes[4..].StartsWith(Transaction) || length % 4 != 0 || length > 2048)
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 20 + length ? ReplyReading.UnlessEnded(reply) : ReplyReading.Certain(Describe(bytes.Slice(20, length)));
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            var (type, length) = (BinaryPrimitives.ReadUInt16BigEndian(attributes), BinaryPrimitives.ReadUInt16BigEndian(attributes[2..]));
            if (attributes.Length < 4 + length)
            {
                break;
            }

            // "Coturn-4.6.1 'Gorst'"
            if (type == Software && ReplyText.Of(attributes.Slice(4, length)) is { } said)
            {
                var word = said.Split(' ')[0];
                var dash = word.LastIndexOf('-');
                var hasVersion = dash > 0 && dash + 1 < word.Length && char.IsAsciiDigit(word[dash + 1]);
                var (product, version) = hasVersion ? (word[..dash], word[(dash + 1)..]) : (said, null);
                return new IdentifiedService(Name)
                {
                    Product = product,
                    Version = version,
                    Cpes = product == "Coturn" ? Cpe.Of("coturn_project:coturn", version) : [],
                };
            }

            attributes = attributes[Math.Min(attributes.Length, 4 + ((length + 3) & ~3))..];
        }

        return new IdentifiedService(Name);
    }
}
