using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>What one kind of match or target of x_tables means.</summary>
/// <typeparam name="TBase">Matches or targets.</typeparam>
internal interface IXtMeaning<in TBase>
{
    /// <summary>The kind.</summary>
    Type Kind { get; }

    /// <summary>Adds what it does to its rule.</summary>
    void Compile(TBase what, RuleBuilder rule);
}

/// <summary>What one kind of match means.</summary>
internal abstract class XtMatchMeaning<T> : IXtMeaning<XtMatch>
    where T : XtMatch
{
    public Type Kind => typeof(T);

    public void Compile(XtMatch what, RuleBuilder rule) => Compile((T)what, rule);

    /// <summary>Adds the match's tests to its rule.</summary>
    protected abstract void Compile(T match, RuleBuilder rule);
}

/// <summary>What one kind of target means.</summary>
internal abstract class XtTargetMeaning<T> : IXtMeaning<XtTarget>
    where T : XtTarget
{
    public Type Kind => typeof(T);

    public void Compile(XtTarget what, RuleBuilder rule) => Compile((T)what, rule);

    /// <summary>Adds what the target does to its rule.</summary>
    protected abstract void Compile(T target, RuleBuilder rule);
}
