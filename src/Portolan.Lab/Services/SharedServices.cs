namespace Portolan.Lab.Services;

/// <summary>What the services of all hosts of a lab have together: one web server, made when the first client of one comes.</summary>
/// <remarks>One for each lab; disposed with it. Any thread.</remarks>
public sealed class SharedServices : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
