using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>
/// Rules about one port, of a seed: bans, limits, checks and rules for the port in any order, at input or, of a published port, at forward.
/// </summary>
internal sealed record FixCase
{
    /// <summary>The first port that cases may have. In the host behind, a published port is another one.</summary>
    public const int FirstPort = 8000;

    /// <summary>The host behind, where published ports end.</summary>
    public const string Inside = "192.0.2.2";

    /// <inheritdoc cref="Inside"/>
    public const string InsideIPv6 = "2001:db8:2::2";

    private const int Behind = 1000;
    private readonly HashSet<string> _letIn = new(StringComparer.Ordinal);

    private FixCase(int seed, int port)
    {
        (Seed, Port, Rules) = (seed, port, KindOf(seed));
        var dice = new Dice(seed);
        IsIPv4 = !dice.Percent(35);
        IsUdp = dice.Percent(25);
        IsPublished = dice.Percent(30);
        HasPolicyDrop = Rules == RuleKind.Nft ? dice.Percent(60) : (seed / 4) % 2 == 0;
        Text = Rules == RuleKind.Nft ? new NftFixRules(this, dice).Text() : new IptablesFixRules(this, dice).Text();
    }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>The port asked about. Packets to others pass by.</summary>
    public int Port { get; }

    /// <summary>Who makes the rules.</summary>
    public RuleKind Rules { get; }

    /// <summary>The family.</summary>
    public bool IsIPv4 { get; }

    /// <summary>UDP, not TCP.</summary>
    public bool IsUdp { get; }

    /// <summary>Whether packets are sent on to the host behind.</summary>
    public bool IsPublished { get; }

    /// <summary>Whether the policy of the base chain drops; all cases of iptables at the same time have the same.</summary>
    public bool HasPolicyDrop { get; }

    /// <summary>A table of nft, or the lines that iptables-restore(8) takes, behind the name of their table.</summary>
    public string Text { get; }

    /// <summary>Senders whom some rule bans.</summary>
    public HashSet<string> Banned { get; } = new(StringComparer.Ordinal);

    /// <summary>Rules of ipset(8) that are needed first.</summary>
    public string Sets { get; set; } = "";

    public string Protocol => IsUdp ? "udp" : "tcp";

    /// <summary>The port that the rules see.</summary>
    public int SeenPort => IsPublished ? TargetPort(Port) : Port;

    /// <summary>The addresses of the client.</summary>
    public IReadOnlyList<string> Senders => SendersOf(IsIPv4);

    /// <summary>The addresses of the client in one family.</summary>
    public static IReadOnlyList<string> SendersOf(bool isIPv4) => [.. ((int[])[1, 11, 12, 13, 24, 25]).Select(n => Address(isIPv4, n))];

    /// <summary>An address of the client's network.</summary>
    public static string Address(
        bool isIPv4, int number) =>
            isIPv4 ? string.Create(CultureInfo.InvariantCulture, $"198.18.0.{number}")
                : string.Create(CultureInfo.InvariantCulture, $"2001:db8::{number:x}");

    /// <summary>Where a published port ends.</summary>
    public static int TargetPort(int port) => port + Behind;

    /// <summary>Makes one.</summary>
    public static FixCase Make(int seed, int port) => new(seed, port);

    /// <summary>The rules that a seed makes.</summary>
    public static RuleKind KindOf(int seed) => (seed % 4) switch
    {
        0 or 1 => RuleKind.Nft,
        2 => RuleKind.IptablesNft,
        _ => RuleKind.IptablesLegacy,
    };

    /// <summary>Cases with the same may be loaded together.</summary>
    public static (RuleKind Rules, bool HasPolicyDrop) GroupOf(int seed) =>
        KindOf(seed) is RuleKind.Nft ? (RuleKind.Nft, false) : (KindOf(seed), (seed / 4) % 2 == 0);

    /// <summary>Some of the senders, never the first.</summary>
    public List<string> Some(Dice dice, int first, int last)
    {
        var some = new HashSet<string>(StringComparer.Ordinal);
        for (var count = dice.Between(first, last); some.Count < count;)
        {
            some.Add(dice.Of([.. Senders.Skip(1)]));
        }

        return [.. some];
    }

    /// <summary>Senders of whom no rule says for sure whether they are banned.</summary>
    public HashSet<string> Unclear { get; } = new(StringComparer.Ordinal);

    /// <summary>A rule that bans. Whom a rule before lets in to the port it does not.</summary>
    public string Ban(IEnumerable<string> senders, string text)
    {
        Banned.UnionWith(senders.Except(_letIn, StringComparer.Ordinal));
        return text;
    }

    /// <summary>A rule that lets senders in to the port.</summary>
    public string LetIn(IEnumerable<string> senders, string text)
    {
        _letIn.UnionWith(senders);
        return text;
    }

    /// <summary>A rule that names senders alone, behind one that names the port.</summary>
    public string Half(IEnumerable<string> senders, string text)
    {
        Unclear.UnionWith(senders);
        return text;
    }

    public override string ToString() =>
        $"seed {Seed}: {Rules}, {(IsIPv4 ? "IPv4" : "IPv6")} {Protocol} "
            + $"{Port}{(IsPublished ? $", published from {SeenPort} of {(IsIPv4 ? Inside : InsideIPv6)}" : "")}, policy "
            + $"{(HasPolicyDrop ? "drop" : "accept")}\n{Text}";
}

/// <summary>Who makes rules.</summary>
internal enum RuleKind
{
    Nft,
    IptablesNft,
    IptablesLegacy,
}
