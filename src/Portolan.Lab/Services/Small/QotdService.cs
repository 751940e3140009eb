using System.Text;

namespace Portolan.Lab.Services.Small;

/// <summary>Says a sentence (RFC 865).</summary>
internal sealed class QotdService : ShortAnswerService
{
    private const int MaxLength = 512;

    private static readonly string[] Sentences =
    [
        "A port names who in a house a letter is for; the address names the house.",
        "Two sockets make a connection, and a connection is known by its two sockets.",
        "A server waits where it can be found. A client comes from anywhere.",
        "A datagram promises nothing, and keeps its promise.",
    ];

    public override string Name => "qotd";

    public override string Summary => "says a sentence (RFC 865)";

    public override PortNumber? UsualPort => new(17);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
        [new("text", "the sentence; one of some about ports by default, drawn by the seed") { Check = SettingChecks.Line }];

    protected override byte[] Answer(ServiceCall call)
    {
        var sentence = call.Setting("text", Sentences[ServiceChance.Of(call).Below((uint)Sentences.Length)]);
        var bytes = Encoding.UTF8.GetBytes(sentence + "\r\n");
        return bytes.Length <= MaxLength ? bytes : bytes[..MaxLength];
    }
}
