using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A comment says nothing of the packet.</summary>
internal sealed class CommentMeaning : XtMatchMeaning<CommentMatch>
{
    protected override void Compile(CommentMatch match, RuleBuilder rule)
    {
        // Every packet matches.
    }
}
