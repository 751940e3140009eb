using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>What <c>portolan port</c> alone shows: the registry in figures and this host's own ranges.</summary>
internal readonly struct RegistrySummaryText(RegistrySummary summary) : ITableRows
{
    private static readonly TableColumn[] Columns =
    [
        new("CATEGORY"),
        new("PORTS"),
        new("PROTOCOL"),
        new("ASSIGNED", AlignRight: true),
        new("RESERVED", AlignRight: true),
        new("UNASSIGNED", AlignRight: true),
    ];

    /// <inheritdoc/>
    public int Count => summary.Counts.Count;

    /// <summary>Writes it.</summary>
    public static void Write(
        Utf8Writer output, ServiceRegistry services, string? path, EphemeralUse use, KernelSettings settings, bool color)
    {
        var summary = RegistrySummary.Of(services);
        output.WriteLine($"IANA service registry as of {TimeText.Date(services.AsOf)}, "
            + $"{(services.IsBuiltIn ? "built in" : $"from {TerminalText.Escape(path ?? "")}")}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{summary.Entries:N0} entries (a port or range with a protocol), {summary.Names:N0} names"));
        output.WriteLine();
        TextTable.Write(output, Columns, new RegistrySummaryText(summary), color);
        output.WriteLine();
        output.WriteLine(
            use.Range is { } range
                ? $"this host's ephemeral range is {range}; {EntryText.InUse(use)}"
                : "this host's ephemeral range cannot be read");
        if (use.Range is { Reserved.Count: > 0 } kept)
        {
            output.WriteLine($"ip_local_reserved_ports keeps {kept.Reserved} out of it");
        }

        output.WriteLine($"a bind below port {settings.FirstUnprivilegedPort} needs privilege here");
    }

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var count = summary.Counts[row];
        switch (column)
        {
            case 0:
                cell.Write(PortCategories.Name(count.Category));
                break;
            case 1:
                cell.Write(PortCategories.Ports(count.Category).ToString());
                break;
            case 2:
                cell.Write(count.Protocol.Name());
                break;
            default:
                var number = column switch
                {
                    3 => count.Assigned,
                    4 => count.Reserved,
                    _ => PortCategories.Ports(count.Category).Count - count.Assigned - count.Reserved,
                };
                cell.Write(number.ToString("N0", CultureInfo.InvariantCulture));
                break;
        }

        return AnsiStyle.None;
    }
}
