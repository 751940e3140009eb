using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Whether there is a local socket (xt_socket: socket_match).</summary>
internal sealed class SocketMatchMeaning : XtMatchMeaning<SocketMatch>
{
    protected override void Compile(SocketMatch match, RuleBuilder rule)
    {
        var question = SocketSemantics.QuestionOf(rule);
        if (SocketSemantics.LookupOf(rule) is not { } lookup)
        {
            rule.Add(new UnknownTest(question));
            return;
        }

        rule.Add(new SocketStep(
            lookup, null, static _ => null,
            found => (match.TakesWildcard || !SocketSemantics.IsWildcard(found)) && (!match.OnlyTransparent || found.Socket!.IsTransparent),
            question));
        if (match.RestoresMark)
        {
            rule.Add(new SetFieldStep(PacketField.Mark, Values.BitValue.Unknown(4, XtMarks.Unknown), rule.Context, false, XtMarks.Unknown));
        }
    }
}
