namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Runs a stateful object of the table (nft_objref.c).</summary>
/// <param name="Kind">Of the object; <see cref="ObjectKind.Unspecified"/> for a map.</param>
/// <param name="Name">The object, or <c>null</c> for a map.</param>
/// <param name="SetName">The map of objects, or <c>null</c>.</param>
/// <param name="Key">Where the map's key starts.</param>
public sealed record ObjectReferenceExpression(ObjectKind Kind, string? Name, string? SetName, Register? Key) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "objref";
}
