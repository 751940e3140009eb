using System.Runtime.InteropServices;
using SQLitePCL;

namespace Portolan.Store.Files;

/// <summary>Connects the binding with SQLite. Nothing of it runs before a store is opened.</summary>
/// <remarks>
/// The shipped program has SQLite linked in, so the resolver is never asked there. Where no static library was found when the program was
/// built, and in tests, the system's shared library is loaded.
/// </remarks>
internal static class SqliteLibrary
{
    private static readonly Lock Gate = new();
    private static bool _isReady;

    /// <summary>Makes SQLite callable.</summary>
    /// <exception cref="PortolanException">The library is not installed.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_isReady)
            {
                return;
            }

            try
            {
                NativeLibrary.SetDllImportResolver(
                    typeof(SQLite3Provider_e_sqlite3).Assembly,
                    static (name, _, _) => name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0);
                raw.SetProvider(new SQLite3Provider_e_sqlite3());
                _isReady = true;
            }
            catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
            {
                throw new PortolanException(
                    "SQLite is not installed, and this program was built without it", $"sudo apt install libsqlite3-0",
                    inner: exception);
            }
        }
    }
}
