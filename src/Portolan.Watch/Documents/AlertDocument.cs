using Portolan.Model.Documents;
using Portolan.Watch.Alerts;

namespace Portolan.Watch.Documents;

/// <summary>What a webhook or a program gets: a message as <c>portolan.alert/1</c>.</summary>
/// <param name="Id">The same whenever this message is sent again.</param>
/// <param name="At">When the first event was found, UTC.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
/// <param name="Receiver">The receiver's name.</param>
/// <param name="Test">Whether it only tests the receiver.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Notice">What portolan watch reports of itself: <c>disk-full</c>, …; <c>null</c> where it reports events.</param>
/// <param name="Events">The events as <c>portolan.event/1</c> has them.</param>
public sealed record AlertDocument(
    string Id, string At, string Host, string Receiver, bool Test, string Summary, string? Notice, IReadOnlyList<ChangeLine> Events)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.alert/1";

    /// <summary><see cref="Format"/>.</summary>
    [System.Text.Json.Serialization.JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>The document of a message.</summary>
    public static AlertDocument Of(AlertMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new AlertDocument(
            message.Id, TimeText.Rfc3339(message.At), message.Machine, message.Receiver, message.IsTest, message.Subject,
            message.Notice?.Code, [.. message.Events.Select(ChangeLine.Of)]);
    }

    /// <summary>The document on one line, as UTF-8.</summary>
    public static byte[] Bytes(AlertMessage message)
    {
        using var bytes = new MemoryStream();
        JsonOutput.WriteLine(bytes, Of(message), WatchDocuments.Default.AlertDocument);
        return bytes.ToArray();
    }
}
