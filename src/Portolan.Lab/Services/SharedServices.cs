using Portolan.Lab.Services.Web;

namespace Portolan.Lab.Services;

/// <summary>
/// What the services of all hosts of a lab have together: one web server, made when a host has one or the first client of one comes.
/// </summary>
/// <remarks>One for each lab; disposed with it, before its stacks. Any thread.</remarks>
public sealed class SharedServices : IAsyncDisposable
{
    private readonly Lazy<WebServer> _web = new(static () => new WebServer());

    /// <summary>When the lab began.</summary>
    public required DateTimeOffset Began { get; init; }

    internal WebServer Web => _web.Value;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _web.IsValueCreated ? _web.Value.DisposeAsync() : default;
}
