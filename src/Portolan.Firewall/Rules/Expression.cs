namespace Portolan.Firewall.Rules;

/// <summary>
/// One expression of a rule's bytecode (linux/netfilter/nf_tables.h). A rule runs its expressions in order; one that breaks ends it.
/// </summary>
public abstract record Expression
{
    /// <summary>The kernel's name, such as <c>cmp</c>.</summary>
    public abstract string KernelName { get; }
}
