using Portolan.Linux.Namespaces;

namespace Portolan.Kernel.Tests.Support;

/// <summary>A network namespace of the test's own, with loopback up.</summary>
internal static class Netns
{
    /// <summary>Runs a test's body in a new namespace; skips where that is not allowed.</summary>
    internal static void Run(Action body)
    {
        try
        {
            NetworkNamespaceThread.RunInNew(body);
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
        }
    }
}
