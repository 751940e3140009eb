using System.Text;
using Portolan.Scan.Checking;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Documents;

/// <summary>What a port is, as it answered.</summary>
public sealed record IdentifyStepRecord : CheckStepRecord
{
    internal IdentifyStepRecord(IdentifyStep step)
        : base(step)
    {
        var answer = step.Answer;
        ServiceState = answer.Outcome.Name();
        ServiceReason = IdentifiedJson.ReasonOf(answer);
        Identified = IdentifiedRecord.Of(answer.Service);
        Reply = answer.Outcome is ServiceOutcome.Unknown or ServiceOutcome.NotAsked ? BannerText.Of(answer.Heard.Span) : null;
    }

    /// <summary>What came of it: see <see cref="ServiceOutcomeNames"/>.</summary>
    public string? ServiceState { get; }

    /// <summary>Why nothing was sent; <c>null</c> where something was.</summary>
    public string? ServiceReason { get; }

    /// <summary>What it is, or <c>null</c>.</summary>
    public IdentifiedRecord? Identified { get; }

    /// <summary>What an unknown service said first, or <c>null</c>.</summary>
    public string? Reply { get; }
}

/// <summary>The first question of the protocol that a URL names, and who answered it.</summary>
public sealed record ServiceStepRecord : CheckStepRecord
{
    internal ServiceStepRecord(ServiceStep step)
        : base(step)
    {
        Expected = step.Service.Protocol;
        Question = step.Question;
        Outcome = step.Reaction.Name();
        Identified = IdentifiedRecord.Of(step.Identified);
        Length = step.Heard.Length;
        Text = Encoding.UTF8.GetString(step.Heard.Span);
        Hex = Convert.ToHexStringLower(step.Heard.Span);
    }

    /// <summary>The protocol.</summary>
    public string Expected { get; }

    /// <summary>What was asked; <c>null</c> where the server speaks first.</summary>
    public string? Question { get; }

    /// <summary>How the port reacted: see <see cref="ServiceReactionNames"/>.</summary>
    public string Outcome { get; }

    /// <summary>What answered, or <c>null</c>.</summary>
    public IdentifiedRecord? Identified { get; }

    /// <summary>How many bytes came.</summary>
    public int Length { get; }

    /// <summary>They as text. Hostile text.</summary>
    public string Text { get; }

    /// <summary>They exactly.</summary>
    public string Hex { get; }
}

/// <summary>What a server says of its own accord.</summary>
public sealed record GreetingStepRecord : CheckStepRecord
{
    internal GreetingStepRecord(GreetingStep step)
        : base(step)
    {
        Ending = step.Ending.Name();
        Length = step.Bytes.Length;
        Text = Encoding.UTF8.GetString(step.Bytes.Span);
        Hex = Convert.ToHexStringLower(step.Bytes.Span);
    }

    /// <summary>Why the reading ended: see <see cref="GreetingEndingNames"/>.</summary>
    public string Ending { get; }

    /// <summary>How many bytes came.</summary>
    public int Length { get; }

    /// <summary>They as text. Hostile text.</summary>
    public string Text { get; }

    /// <summary>They exactly.</summary>
    public string Hex { get; }
}

/// <summary>
/// What answers on a port, as its own bytes say: <c>identified</c>. A fact that they do not carry is <c>null</c>. Hostile text.
/// </summary>
/// <param name="Protocol">The protocol, by IANA's name where it has one.</param>
/// <param name="Product">The product.</param>
/// <param name="Version">Its version.</param>
/// <param name="Info">What else is worth a line.</param>
/// <param name="Os">The operating system that the reply names.</param>
/// <param name="Hostname">The host name that the reply names.</param>
/// <param name="Cpe">Names of the product in the Common Platform Enumeration.</param>
/// <param name="Tunnel"><c>ssl</c> where the protocol was spoken inside TLS.</param>
/// <param name="Confidence">How certain the protocol is, 1 to 10.</param>
public sealed record IdentifiedRecord(
    string Protocol, string? Product, string? Version, string? Info, string? Os, string? Hostname, IReadOnlyList<string> Cpe,
    string? Tunnel, int Confidence)
{
    /// <summary>A service as documents have it, or <c>null</c>.</summary>
    public static IdentifiedRecord? Of(IdentifiedService? service) => service is null ? null : new IdentifiedRecord(
        service.Protocol, service.Product, service.Version, service.Info, service.OperatingSystem, service.HostName, service.Cpes,
        service.Tunnel, service.Confidence);
}
