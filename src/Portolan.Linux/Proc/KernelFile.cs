using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>Small files of /proc and /sys.</summary>
public static class KernelFile
{
    /// <summary>The whole text; <c>null</c> when it is not there or may not be read.</summary>
    /// <param name="path">The file.</param>
    public static string? Text(string path)
    {
        // Only what is the kernel's: a path of another kind is somebody's own.
        using var raised = IsKernels(path) ? RaisedCapabilities.ToReadProcesses() : default;
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsKernels(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal);
}
