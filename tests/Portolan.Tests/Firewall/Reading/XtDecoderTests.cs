using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>The layouts of matches and targets of iptables, of every size and content.</summary>
public sealed class XtDecoderTests
{
    private const int LargestSize = 260;

    private static readonly RuleFamily[] Families = [RuleFamily.Ip, RuleFamily.Ip6, RuleFamily.Inet, RuleFamily.Bridge];

    [Fact]
    public void No_match_of_any_size_throws()
    {
        var decoder = new XtDecoder();
        var understood = new HashSet<string>(StringComparer.Ordinal);
        Fuzz.Run(
            6, (random, _) => Every(random, XtNames.Matches().Select(k => (k.Name, k.FirstRevision, k.LastRevision)), (name, payload) =>
        {
            if (decoder.DecodeMatch(name, payload) is not null)
            {
                understood.Add(name);
            }
        }));
        Assert.Equal(XtNames.Matches().Select(k => k.Name).Order(), understood.Order());
    }

    [Fact]
    public void No_target_of_any_size_throws()
    {
        var decoder = new XtDecoder();
        var understood = new HashSet<string>(StringComparer.Ordinal);
        Fuzz.Run(
            6, (random, _) => Every(random, XtNames.Targets().Select(k => (k.Name, k.FirstRevision, k.LastRevision)), (name, payload) =>
        {
            if (decoder.DecodeTarget(name, payload) is not null)
            {
                understood.Add(name);
            }
        }));
        Assert.Equal(XtNames.Targets().Select(k => k.Name).Order(), understood.Order());
    }

    private static void Every(Random random, IEnumerable<(string Name, uint First, uint Last)> kinds, Action<string, XtPayload> decode)
    {
        foreach (var (name, first, last) in kinds)
        {
            for (var revision = first; revision <= last; revision++)
            {
                for (var size = 0; size <= LargestSize; size++)
                {
                    // Numbers are small more often than not, and some payloads all zero: else counts, kinds and masks would hardly ever be
                    // valid.
                    var bytes = new byte[size];
                    for (var at = 0; at < size && size % 5 != 0; at++)
                    {
                        bytes[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)random.Next(2);
                    }

                    decode(name, new XtPayload(Families[random.Next(Families.Length)], revision, bytes));
                }
            }
        }
    }
}
