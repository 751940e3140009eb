using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Finds what an expression means by its type.</summary>
internal sealed class ExpressionSemantics
{
    private readonly Dictionary<Type, ISemantics> _byType = [];

    public ExpressionSemantics(params ReadOnlySpan<ISemantics> all)
    {
        foreach (var semantics in all)
        {
            _byType.Add(semantics.ExpressionType, semantics);
        }
    }

    /// <summary>Adds what an expression does to its rule; one without a meaning here may do anything.</summary>
    public void Compile(Expression expression, RuleBuilder rule)
    {
        if (_byType.TryGetValue(expression.GetType(), out var semantics))
        {
            semantics.Compile(expression, rule);
        }
        else
        {
            var why = $"the expression {expression.KernelName} is not evaluated";
            rule.MayDecide(why);
            rule.Forget(why);
        }
    }
}

/// <summary>What one kind of expression means.</summary>
internal interface ISemantics
{
    /// <summary>The kind.</summary>
    Type ExpressionType { get; }

    /// <summary>Adds what the expression does to its rule.</summary>
    void Compile(Expression expression, RuleBuilder rule);
}

/// <summary>What one kind of expression means.</summary>
internal abstract class ExpressionMeaning<T> : ISemantics
    where T : Expression
{
    public Type ExpressionType => typeof(T);

    public void Compile(Expression expression, RuleBuilder rule) => Compile((T)expression, rule);

    /// <summary>Adds what the expression does to its rule.</summary>
    protected abstract void Compile(T expression, RuleBuilder rule);
}
