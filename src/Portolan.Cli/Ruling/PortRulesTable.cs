using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;

namespace Portolan.Cli.Ruling;

/// <summary>Rules by port: for each port the rules that speak of it, in the order of the kernel.</summary>
internal readonly struct PortRulesTable : ITableRows
{
    private static readonly TableColumn[] Columns =
    [
        new("PORT"), new("SAYS", Shrinks: true), new("FROM", Shrinks: true), new("WHEN", Shrinks: true), new("PACKETS", AlignRight: true),
        new("CHAIN", Shrinks: true), new("HANDLE", AlignRight: true),
        new("MANAGER"), new("NOTE", Shrinks: true),
    ];

    private readonly IReadOnlyList<(RulePort? Port, ReviewedRule Rule)> _rows;

    private PortRulesTable(IReadOnlyList<(RulePort? Port, ReviewedRule Rule)> rows) => _rows = rows;

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <summary>Writes the table; nothing where no rule speaks of a port.</summary>
    public static void Write(Utf8Writer output, IEnumerable<ReviewedRule> rules, bool color, int? width, Func<RulePort, bool> isMeant)
    {
        var groups = new SortedDictionary<(ushort First, ushort Last, int Protocol), List<ReviewedRule>>();
        foreach (var rule in rules)
        {
            foreach (var port in rule.Ports.Where(isMeant))
            {
                var key = (port.First, port.Last, port.Protocol ?? -1);
                if (!groups.TryGetValue(key, out var list))
                {
                    groups[key] = list = [];
                }

                list.Add(rule);
            }
        }

        var rows = new List<(RulePort? Port, ReviewedRule Rule)>();
        foreach (var (key, list) in groups)
        {
            for (var i = 0; i < list.Count; i++)
            {
                rows.Add((i == 0 ? new RulePort(key.Protocol < 0 ? null : (byte)key.Protocol, key.First, key.Last) : null, list[i]));
            }
        }

        if (rows.Count > 0)
        {
            TextTable.Write(output, Columns, new PortRulesTable(rows), color, width);
        }
    }

    /// <summary><c>22/tcp</c>, <c>1024-65535/udp</c>, or <c>53</c> for any protocol.</summary>
    public static string Port(RulePort port)
    {
        var numbers = port.First == port.Last
            ? port.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{port.First}-{port.Last}");
        return port.ProtocolName is { } protocol ? $"{numbers}/{protocol}" : numbers;
    }

    /// <summary>What is wrong with a rule: it was never met, or never can be.</summary>
    public static string Note(ReviewedRule rule) =>
        Status(rule.Own) is { Length: > 0 } status ? status
        : rule.ShadowedBy is { } before ? string.Create(CultureInfo.InvariantCulture, $"never matches: {before.Handle} takes all its "
            + $"packets")
        : rule.IsUnused ? "unused"
        : rule.Rule.Comment is { Length: > 0 } comment ? comment
        : "";

    /// <summary>Whether a rule of Portolan's works, where that is not for good; else empty.</summary>
    public static string Status(OwnRuleStatus? own)
    {
        var left = own?.Left is { } time ? DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds))) : "";
        return own switch
        {
            { State: OwnRuleState.Pending } => string.Create(CultureInfo.InvariantCulture, $"pending, {left} left (change {own.Change})"),
            { State: OwnRuleState.Paused } =>
                string.Create(CultureInfo.InvariantCulture, $"off for {left} (change {own.Change} is pending)"),
            { State: OwnRuleState.Ended } => "expired, matches nothing",
            { Left: not null } => $"ends in {left}",
            _ => "",
        };
    }

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var (port, rule) = _rows[row];
        switch (column)
        {
            case 0:
                cell.Write(port is { } shown ? Port(shown) : "");
                return AnsiStyle.Bold;
            case 1:
                cell.WriteEscaped(rule.Says.Length > 0 ? rule.Says : "-");
                return AnsiStyle.None;
            case 2:
                cell.WriteEscaped(rule.From.Count > 0 ? string.Join(' ', rule.From) : "anywhere");
                return AnsiStyle.None;
            case 3:
                cell.WriteEscaped(string.Join(' ', rule.Conditions));
                return AnsiStyle.None;
            case 4:
                cell.Write(rule.Counter is { } counter ? counter.Packets.ToString(CultureInfo.InvariantCulture) : "-");
                return AnsiStyle.None;
            case 5:
                cell.WriteEscaped($"{RuleWords.Of(rule.Table.Family)} {rule.Table.Name} {rule.Chain.Name}");
                return AnsiStyle.Dim;
            case 6:
                cell.Write(rule.Rule.Handle.ToString(CultureInfo.InvariantCulture));
                return AnsiStyle.Dim;
            case 7:
                cell.Write(rule.Manager?.Name ?? "-");
                return AnsiStyle.Dim;
            default:
                cell.WriteEscaped(Note(rule));
                return rule.ShadowedBy is null && Status(rule.Own).Length == 0 ? AnsiStyle.Dim : AnsiStyle.Yellow;
        }
    }
}
