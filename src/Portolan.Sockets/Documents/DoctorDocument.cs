using System.Text.Json.Serialization;
using Portolan.Sockets.Doctor;

namespace Portolan.Sockets.Documents;

/// <summary>What works in an environment, as <c>portolan.doctor/1</c> (docs/schema/portolan.doctor-1.json).</summary>
/// <param name="TakenAt">When it was tried, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Kernel">The kernel's release. Hostile text.</param>
/// <param name="UserId">Effective user id.</param>
/// <param name="Capabilities">The capabilities that the program has or may raise.</param>
/// <param name="Findings">What was found about each ability.</param>
public sealed record DoctorDocument(
    string TakenAt, string Host, string Kernel, uint UserId, IEnumerable<string> Capabilities, IEnumerable<FindingRecord> Findings)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.doctor/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>A report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="takenAt">When it was made.</param>
    /// <param name="host">The machine.</param>
    public static DoctorDocument Of(EnvironmentReport report, DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(report);
        var facts = report.Facts;
        return new DoctorDocument(
            TimeText.Rfc3339(takenAt), host, facts.Kernel, facts.UserId, facts.Capabilities.Names,
            report.Findings.Select(FindingRecord.Of));
    }
}

/// <summary>What was found about one ability.</summary>
/// <param name="Topic">One word, stable between versions.</param>
/// <param name="State">See <see cref="FindingStateNames"/>.</param>
/// <param name="Detail">One sentence. Hostile text.</param>
/// <param name="Remedy">The command that grants more, or <c>null</c>.</param>
public sealed record FindingRecord(string Topic, string State, string Detail, [property: JsonIgnore] Advice? Remedy)
{
    /// <summary>The text of <see cref="Remedy"/>.</summary>
    [JsonPropertyName("remedy")]
    public string? RemedyText => Remedy?.ToString();

    /// <summary>A finding as documents have it.</summary>
    public static FindingRecord Of(Finding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return new FindingRecord(finding.Topic, finding.State.Name(), finding.Detail, finding.Remedy);
    }
}
