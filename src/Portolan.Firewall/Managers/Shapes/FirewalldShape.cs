using System.Text;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>firewalld: a table <c>firewalld</c>.</summary>
internal sealed class FirewalldShape : FirewallManager
{
    private const string ZoneChain = "filter_IN_";

    /// <inheritdoc/>
    public override string Name => "firewalld";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => table is { Name: "firewalld", IsLegacy: false };

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request)
    {
        // What it forwards it does not let through by ports of a zone, but by policies between two zones. Behind an interface is a zone.
        var zones = Zones(request);
        if (request.Passage.Interface is not null || request.Ending.Hook?.Point != HookPoint.Input
            || request.Passage.Protocol == TransportProtocol.UdpLite || zones.Count == 0)
        {
            yield break;
        }

        // A rich rule that denies is asked before the ports of a zone; one with a negative priority before that.
        var isDenied = request.Decider.Chain.Name.EndsWith("_deny", StringComparison.Ordinal);
        var places = zones.SelectMany(z => Chains(request, "firewalld", _ => ZoneChain + z + (isDenied ? "_pre" : "_allow"))).Select(
            static c => new RulePlace(c.Table, c.Chain, null));

        // firewall-cmd --reload would also end whatever was opened at run time alone.
        var what = What(request, isDenied);
        yield return new Opening(Commands(zones, what), Accepting(request.Passage, places))
        {
            Reversals = Commands(zones, string.Concat("--remove", what.AsSpan("--add".Length))),
        };
    }

    private static List<IReadOnlyList<string>> Commands(List<string> zones, string what) =>
        [.. zones.SelectMany<string, string[]>(
            z => [["firewall-cmd", $"--zone={z}", what], ["firewall-cmd", "--permanent", $"--zone={z}", what]])];

    private static string What(AllowRequest request, bool isDenied)
    {
        var (ports, protocol) = (request.PortWords('-'), request.Passage.Protocol.Name());
        var source = request.Passage.Client is { } client
            ? $" family=\"{(client.Address.IsIPv4 ? "ipv4" : "ipv6")}\" source address=\"{client}\""
            : "";
        var server = request.Passage.Server is { } to
            ? $"{(source.Length == 0 ? $" family=\"{(to.IsIPv4 ? "ipv4" : "ipv6")}\"" : "")} destination address=\"{to}\""
            : "";
        return isDenied || source.Length + server.Length > 0
            ? $"--add-rich-rule=rule{(isDenied ? " priority=\"-1\"" : "")}{source}{server} port port=\"{ports}\" "
                + $"protocol=\"{protocol}\" accept"
            : $"--add-port={ports}/{protocol}";
    }

    /// <summary>
    /// The zones of the packets: of the chain that stops them, else of the interfaces that they arrive on; none where one is not known.
    /// </summary>
    private static List<string> Zones(AllowRequest request)
    {
        if (OfChain(request.Decider.Chain.Name) is { } zone)
        {
            return [zone];
        }

        var chain = request.Decider.Table.Chains.FirstOrDefault(static c => c.Name == "filter_INPUT_ZONES");
        var found = request.Interfaces.Select(i => OfInterface(chain, i)).Distinct().ToList();
        return found.Contains(null) ? [] : [.. found.OfType<string>()];
    }

    /// <summary>The zone of a chain such as <c>filter_IN_public_deny</c>; <c>null</c> where it is none's.</summary>
    private static string? OfChain(string name)
    {
        if (!name.StartsWith(ZoneChain, StringComparison.Ordinal) || name.StartsWith(ZoneChain + "policy_", StringComparison.Ordinal))
        {
            return null;
        }

        var zone = name[ZoneChain.Length..];
        foreach (var end in (ReadOnlySpan<string>)["_pre", "_log", "_deny", "_allow", "_post"])
        {
            zone = zone.EndsWith(end, StringComparison.Ordinal) ? zone[..^end.Length] : zone;
        }

        return zone.Length > 0 && zone.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? zone : null;
    }

    // One rule for each interface, with its name, and the default zone behind them. Zones of sources stand before; then the effect is
    // another, and is judged.
    private static string? OfInterface(RuleChain? zones, string name)
    {
        foreach (var rule in zones?.Rules ?? [])
        {
            var verdict = rule.Expressions.OfType<ImmediateExpression>().Select(static i => i.Verdict?.Chain).FirstOrDefault(
                static c => c is not null);
            var isOfInterface = rule.Expressions.OfType<MetaExpression>().Any(static m => m.Key == MetaKey.InputInterfaceName);
            if (verdict is not null
                && (isOfInterface
                    ? rule.Expressions.OfType<CompareExpression>().Any(c => NameOf(c) == name)
                    : rule.Expressions.All(static e => e is ImmediateExpression or CounterExpression)))
            {
                return OfChain(verdict);
            }
        }

        return null;
    }

    private static string NameOf(CompareExpression compare) => Encoding.UTF8.GetString(compare.Data.Span).TrimEnd('\0');
}
