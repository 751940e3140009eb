using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// The children that <see cref="NamespaceProcess"/> started and waits for. The first process of a process namespace gets besides them the
/// orphans of all others, which somebody has to wait for (pid_namespaces(7)).
/// </summary>
public static unsafe class OwnChildren
{
    /// <summary>
    /// Where si_pid lies in siginfo_t of a child: behind three numbers and a gap, for what follows is aligned as a pointer.
    /// </summary>
    private const int PidOffset = 16;

    /// <summary>How long one of our own may lie before its thread has waited for it.</summary>
    private const int PauseMilliseconds = 5;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Ids = [];

    /// <summary>
    /// From now on waits for orphans, on a thread of its own. No program may be started by other means than <see cref="NamespaceProcess"/>
    /// then.
    /// </summary>
    public static void ReapOrphans() => new Thread(Reap, maxStackSize: 128 * 1024) { IsBackground = true, Name = "orphans" }.Start();

    /// <summary>Starts one, so that it is not taken for an orphan however soon it ends.</summary>
    internal static int Start(Func<int> start)
    {
        lock (Gate)
        {
            var pid = start();
            Ids.Add(pid);
            return pid;
        }
    }

    internal static void Forget(int pid)
    {
        lock (Gate)
        {
            Ids.Remove(pid);
        }
    }

    private static void Reap()
    {
        var information = stackalloc byte[Libc.SignalInfoSize];
        while (true)
        {
            // Without taking it away, for it may be one that another thread waits for.
            if (Libc.waitid(Libc.P_ALL, 0, information, Libc.WEXITED | Libc.WNOWAIT | Libc.WALL) != 0)
            {
                // No child at all now.
                Libc.Pause(PauseMilliseconds * 10 * 1_000_000);
                continue;
            }

            var pid = *(int*)(information + PidOffset);
            lock (Gate)
            {
                if (!Ids.Contains(pid))
                {
                    _ = Libc.waitpid(pid, null, Libc.WALL);
                    continue;
                }
            }

            Libc.Pause(PauseMilliseconds * 1_000_000);
        }
    }
}
