using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rendering.Iptables;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Tests.Firewall.Rendering;

/// <summary>Each match and target of x_tables that is decoded is written in the words of iptables, whatever its parameters are.</summary>
public sealed class XtTextCompletenessTests
{
    private const int Tries = 400;
    private const string Undecoded = "[revision";

    private static readonly RuleTextOptions Options = new();

    public static TheoryData<string> Matches => [.. XtNames.Matches().Select(static kind => kind.Name)];

    public static TheoryData<string> Targets => [.. XtNames.Targets().Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_match_that_is_decoded_has_words(string name)
    {
        var kind = XtNames.Matches().First(k => k.Name == name);
        Check(kind.FirstRevision, kind.LastRevision, (payload, family) =>
            kind.Decode(payload) is { } match
                ? XtMatchText.Of(new XtMatchExpression(name, payload.Revision, payload.Bytes) { Match = match }, family, Options)
                : null);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_target_that_is_decoded_has_words(string name)
    {
        var kind = XtNames.Targets().First(k => k.Name == name);
        Check(kind.FirstRevision, kind.LastRevision, (payload, family) =>
            kind.Decode(payload) is { } target
                ? XtTargetText.Of(new XtTargetExpression(name, payload.Revision, payload.Bytes) { Target = target }, family, Options)
                : null);
    }

    [Fact]
    public void What_is_not_decoded_says_so() => Assert.Contains(
        Undecoded,
        XtMatchText.Of(
            new XtMatchExpression("string", 1, new byte[8]) { Match = new NamedMatch("string", MatchNature.Content) }, RuleFamily.Ip,
            Options),
        StringComparison.Ordinal);

    private static void Check(uint first, uint last, Func<XtPayload, RuleFamily, string?> write)
    {
        var dice = new Random(7);
        for (var revision = first; revision <= last; revision++)
        {
            var written = 0;
            for (var i = 0; i < Tries; i++)
            {
                // Zeros first: small numbers are what most decoders take.
                var bytes = new byte[512];
                for (var at = 0; i > 0 && at < bytes.Length; at++)
                {
                    bytes[at] = (byte)(dice.Next(4) == 0 ? dice.Next(i % 2 == 0 ? 256 : 4) : 0);
                }

                var family = i % 4 < 2 ? RuleFamily.Ip : RuleFamily.Ip6;
                if (write(new XtPayload(family, revision, bytes), family) is { } text)
                {
                    written++;
                    Assert.DoesNotContain(Undecoded, text, StringComparison.Ordinal);
                    Assert.StartsWith("-", text, StringComparison.Ordinal);
                }
            }

            Assert.True(written > 0, $"revision {revision}: none of {Tries} parameters could be decoded");
        }
    }
}
