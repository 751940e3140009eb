using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>The addresses of a name.</summary>
/// <param name="Name">The name that was looked up.</param>
/// <param name="Answer">What was found, and who said so.</param>
public sealed record NameStep(string Name, NameAnswer Answer) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "name";
}
