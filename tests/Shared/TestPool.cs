using System.Runtime.CompilerServices;

namespace Portolan.Tests.Support;

/// <summary>
/// Room in the pool of threads: tests that block have one each, and on a machine with two processors what they wait for would begin half a
/// second later, or later still.
/// </summary>
internal static class TestPool
{
    private const int Threads = 64;

    [ModuleInitializer]
    internal static void MakeRoom() => ThreadPool.SetMinThreads(Threads, Threads);
}
