using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Scratch;

namespace Portolan.Kernel.Tests.Replay;

/// <summary>The program that runs inside scratch namespaces, as it was built beside the tests.</summary>
internal static class ReplayProgram
{
    internal static ScratchProgram Built { get; } =
        ScratchProgram.Itself(["replay"], Environment.GetEnvironmentVariable) with
        {
            Path = BuiltProgram.Path,
            Arguments = ["replay"],
        };

    /// <summary>A scratch namespace; skips the test where there can be none.</summary>
    internal static ScratchNamespace Start()
    {
        try
        {
            return ScratchNamespace.Start(Built, TestContext.Current.CancellationToken);
        }
        catch (NamespaceProcessException exception) when (exception.Obstacle != NamespaceObstacle.Other)
        {
            Assert.Skip($"namespaces are not allowed here: {exception.Message}; {exception.Remedy}");
            throw;
        }
    }
}
