using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The three daemons of Bacula: the first word of a console, or of a director, that none of them knows (Bacula developer's guide,
/// "Daemon protocol"). They refuse it before any password. Their ports are those of printers too, so bytes go there only with
/// <c>--allports</c>. Their versions are not told.
/// </summary>
internal sealed class BaculaProtocol : ServiceProtocol
{
    private const int MaxLength = 1000;

    private static readonly ServiceProbe Console = new("Bacula Hello of a console", Message("Hello portolan calling\n"));
    private static readonly ServiceProbe Director = new("Bacula Hello of a director", Message("Hello Director portolan calling\n"));

    private readonly string _product;
    private readonly ServiceProbe _hello;

    private BaculaProtocol(string name, ushort port, string product, ServiceProbe hello)
        : base(name, port) => (_product, _hello) = (product, hello);

    /// <summary>The director, which consoles call.</summary>
    public static BaculaProtocol OfDirector { get; } = new("bacula-dir", 9101, "Bacula director", Console);

    /// <summary>The file daemon, which directors call.</summary>
    public static BaculaProtocol OfFiles { get; } = new("bacula-fd", 9102, "Bacula file daemon", Director);

    /// <summary>The storage daemon, which directors call. It waits five seconds before it refuses.</summary>
    public static BaculaProtocol OfStorage { get; } = new("bacula-sd", 9103, "Bacula storage daemon", Director);

    /// <inheritdoc/>
    public override ServiceProbe Opening => _hello;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override bool IsKnownBySilence => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, _hello) || !ReplyText.MayBegin(bytes, [0, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 4)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (length is <= 0 or > MaxLength)
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 4 + length ? ReplyReading.UnlessEnded(reply)
            : IsRefusal(bytes.Slice(4, length)) ? ReplyReading.Certain(new IdentifiedService(Name) { Product = _product })
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskSilentAsync(Conversation conversation)
    {
        var said = await conversation.HearAsync(static reply =>
            reply.Length >= 4 && reply.Length >= 4L + BinaryPrimitives.ReadInt32BigEndian(reply.Span));
        return Read(new ServiceReply(said.Span, _hello, isEnded: true)).Service;
    }

    private bool IsRefusal(ReadOnlySpan<byte> message) => Name switch
    {
        "bacula-dir" => message.StartsWith("1999 You are not authorized."u8),
        "bacula-fd" => message.IndexOf(" Connection from unknown Director portolan at "u8) > 0,
        _ => message.StartsWith("Jmsg JobId=0 "u8) && message.IndexOf(" Bad Hello command from Director at "u8) > 0,
    };

    // The length, then the text.
    private static byte[] Message(string text) => [0, 0, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
