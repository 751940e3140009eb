using System.Globalization;
using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>Tells people everything about one port or range: each protocol's entry, then what it means on this host.</summary>
internal sealed class EntryText(Utf8Writer output, int? width, bool color)
{
    private const int ValueColumn = 15;
    private const int LeastRoom = 30;

    /// <summary>Writes it.</summary>
    /// <param name="subject">The port or range.</param>
    /// <param name="entries">What the registry has on it.</param>
    /// <param name="holders">Who holds it on this host, safe for a terminal.</param>
    /// <param name="use">This host's ephemeral range; <c>null</c> to say nothing of it.</param>
    public void Write(PortRange subject, IReadOnlyList<ServiceEntry> entries, IReadOnlyList<string> holders, EphemeralUse? use)
    {
        foreach (var line in holders.SelectMany(h => Paragraphs.Wrap(h, Math.Max(LeastRoom, width ?? int.MaxValue))))
        {
            output.WriteLine(line);
        }

        if (holders.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var group in EntryGroup.Of(entries))
        {
            WriteGroup(group);
            output.WriteLine();
        }

        if (subject.First.Value == 0)
        {
            Line(
                "port 0",
                "not a port to connect to: a bind to it lets the system choose a port; it is reserved in TCP; as a "
                    + "UDP source it means no port");
        }

        var category = subject.First.Category;
        Line("category", $"{PortCategories.Name(category)}, {PortCategories.Ports(category)} ({PortCategories.CommonName(category)})");
        if (use is null)
        {
            return;
        }

        Line("this host", Place(subject, use.Range));
        if (use.Range is not null)
        {
            Line("", InUse(use));
        }
    }

    /// <summary>How much of the ephemeral range is in use.</summary>
    public static string InUse(EphemeralUse use) => use is { Range: { } range, TcpInUse: { } tcp, UdpInUse: { } udp }
        ? string.Create(
            CultureInfo.InvariantCulture, $"in use now, of the {range.Count:N0} ports in that range: {tcp:N0} for TCP, {udp:N0} for UDP")
        : use.Uncounted is { } many
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"its usage is not counted here, because there are {many:N0} sockets: run portolan port")
        : "the usage of that range cannot be read";

    private static string Place(PortRange subject, EphemeralRange? range)
    {
        if (range is null)
        {
            return "its ephemeral range cannot be read";
        }

        var what = subject.Count == 1 ? $"port {subject}" : $"{subject}";
        var where = $"the ephemeral range {range}";
        if (!range.Range.Contains(subject.First) && !range.Range.Contains(subject.Last))
        {
            return $"{what} lies outside {where}";
        }

        if (subject.Count == 1 && range.Reserved.Contains(subject.First))
        {
            return $"{what} lies in {where}, but ip_local_reserved_ports keeps it out";
        }

        return range.Range.Contains(subject.First) && range.Range.Contains(subject.Last)
            ? $"{what} lies inside {where}: any outgoing connection may take {(subject.Count == 1 ? "it" : "one of them")} for a while"
            : $"{what} lies partly in {where}";
    }

    private void WriteGroup(EntryGroup group)
    {
        var entry = group.Entry;
        output.Write(string.Join(", ", group.Protocols.Select(p => $"{entry.Ports}/{p.Name()}")), AnsiStyle.Bold, color);
        if (entry.Name is { } name)
        {
            output.Write(' ');
            output.Write(TerminalText.Escape(name), AnsiStyle.Bold, color);
        }

        output.WriteLine();
        Line("aliases", entry.Aliases.Count == 0 ? null : string.Join(", ", entry.Aliases));
        Line("shown as", entry.ListingName == entry.Name ? null : $"{entry.ListingName} in listings");
        Line("description", entry.Description);
        Line("status", entry.Status.Name());
        Line("reference", entry.Reference);
    }

    private void Line(string name, string? value)
    {
        foreach (var line in string.IsNullOrEmpty(value)
            ? []
            : Paragraphs.Wrap(TerminalText.Escape(value), Math.Max(LeastRoom, (width ?? int.MaxValue) - ValueColumn)))
        {
            output.Write($"  {name,-13}{line}");
            output.WriteLine();
            name = "";
        }
    }
}
