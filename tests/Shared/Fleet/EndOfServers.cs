using Portolan.Tests.Fleet;

[assembly: AssemblyFixture(typeof(EndOfServers))]

namespace Portolan.Tests.Fleet;

/// <summary>Ends the servers that tests share, after the last test.</summary>
public sealed class EndOfServers : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => ServerFolder.DisposeAll();
}
