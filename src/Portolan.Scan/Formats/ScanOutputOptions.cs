using System.Buffers;
using System.Text.Encodings.Web;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Scan.Formats;

/// <summary>What the formats need to know besides the events of a run.</summary>
public sealed record ScanOutputOptions
{
    private static readonly SearchValues<char> Separators = SearchValues.Create(" \t\r\n\"'");

    /// <summary>The command line, the program's name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Portolan's version.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// How often <c>-v</c> was said. Hosts that are down are shown then, and more ports one by one (see <see cref="HiddenPorts"/>).
    /// </summary>
    public int Verbosity { get; init; }

    /// <summary>How often <c>-d</c> was said.</summary>
    public int Debugging { get; init; }

    /// <summary>Only ports that are or may be open, and hosts that have one (<c>--open</c>).</summary>
    public bool OpenOnly { get; init; }

    /// <summary>Every port in JSON Lines (<c>--all-states</c>). nmap's formats sum ports up as nmap does in either case.</summary>
    public bool AllStates { get; init; }

    /// <summary>In JSON Lines, which ports each count of a host is of: what a reader needs that shows every state.</summary>
    public bool NamesCountedPorts { get; init; }

    /// <summary>It was asked what services say first (<c>--banners</c>), so tables show it even where none did.</summary>
    public bool Banners { get; init; }

    /// <summary>Ports were asked what they are (<c>-sV</c>), so tables have a column for it.</summary>
    public bool Identifies { get; init; }

    /// <summary>Reasons in the normal format (<c>--reason</c>); nmap's XML always has them.</summary>
    public bool ShowReasons { get; init; }

    /// <summary>What the XML's stylesheet instruction names; <c>null</c> for none (<c>--no-stylesheet</c>).</summary>
    public string? Stylesheet { get; init; }

    /// <summary>Who made an Ethernet interface; <c>null</c> when unknown.</summary>
    public Func<Packets.MacAddress, string?> VendorOf { get; init; } = static _ => null;

    /// <summary>Names of services.</summary>
    public ServiceRegistry Services { get; init; } = ServiceRegistry.BuiltIn;

    /// <summary>Which characters JSON escapes; by default all but plain ASCII.</summary>
    public JavaScriptEncoder JsonEncoder { get; init; } = JavaScriptEncoder.Default;

    /// <summary>The command line as one line, words with white space or quotes in quotes.</summary>
    public string CommandLine =>
        string.Join(' ', Arguments.Select(static word => word.Length > 0 && !word.AsSpan().ContainsAny(Separators) ? word : $"\"{word}\""));

    /// <summary>Whether <c>--open</c> shows a port of this state (nmap reference guide: open, open|filtered and unfiltered).</summary>
    internal static bool IsPossiblyOpen(PortState state) => state is PortState.Open or PortState.OpenFiltered or PortState.Unfiltered;

    /// <summary>
    /// Whether a host is not shown: it is down and nobody said <c>-v</c>, or its ports were judged, none is or may be open, and
    /// <c>--open</c> was said.
    /// </summary>
    public bool Omits(Results.HostReport report)
    {
        if (report.Host.Status == Results.HostStatus.Down)
        {
            return OpenOnly || Verbosity == 0;
        }

        if (!OpenOnly)
        {
            return false;
        }

        foreach (var group in report.Groups)
        {
            if (IsPossiblyOpen(group.State))
            {
                return false;
            }
        }

        return report.Groups.Count > 0;
    }
}
