using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>What a rule decides about the packets that it matches.</summary>
/// <param name="Kind">The verdict.</param>
/// <param name="Target">Of a jump or goto: where to.</param>
/// <param name="Rejection">Of a drop that is answered: how.</param>
internal sealed record Decision(VerdictKind Kind, CompiledChain? Target = null, RejectExpression? Rejection = null)
{
    public static Decision Accept { get; } = new(VerdictKind.Accept);

    public static Decision Drop { get; } = new(VerdictKind.Drop);

    /// <summary>The next rule.</summary>
    public static Decision Break { get; } = new(VerdictKind.Break);

    public static Decision Return { get; } = new(VerdictKind.Return);

    /// <summary>Unknown: the packets are given up.</summary>
    public static Decision Open { get; } = new(VerdictKind.Stolen);

    public static Decision Queue { get; } = new(VerdictKind.Queue);
}
