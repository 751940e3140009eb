namespace Portolan.Scan.Checking;

/// <summary>A redirect that was not followed.</summary>
/// <param name="Location">Where the server sent the client; text from outside.</param>
public sealed record RedirectStep(string Location) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "redirect";
}
