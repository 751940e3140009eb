using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Linux.Launching;

/// <summary>
/// In a checkout: whether a source is newer than this program, which <c>./portolan</c> has it look for while it starts (<c>sources.c</c>).
/// </summary>
public static partial class SourceCheck
{
    /// <summary>
    /// Comes back when no source is newer than the program, or nobody asked. Else <c>./portolan</c> takes this process over, and builds.
    /// </summary>
    /// <remarks>
    /// To be called before anything is done or said, and as late as that: the words of the command line are read meanwhile. A program that
    /// is not compiled ahead of time was looked after by <c>./portolan</c> itself.
    /// </remarks>
    public static void Await()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            portolan_sources_await();
        }
    }

    [LibraryImport("portolan_sources")]
    private static partial void portolan_sources_await();
}
