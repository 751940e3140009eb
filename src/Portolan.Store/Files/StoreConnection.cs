using Microsoft.Data.Sqlite;

namespace Portolan.Store.Files;

/// <summary>A connection with a store: statements prepared once, transactions, and SQLite's errors as errors for people.</summary>
/// <remarks>Used by one thread at a time.</remarks>
public sealed class StoreConnection : IDisposable
{
    private const int MostRenewals = 5;
    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);
    private SqliteConnection _connection;
    private SqliteTransaction? _transaction;
    private long _dataVersion;

    internal StoreConnection(SqliteConnection connection, string path) => (_connection, Path) = (connection, path);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What a question's answer lacks; <c>null</c> for nothing.</summary>
    public StoreGap? Gap { get; internal set; }

    /// <summary>Gives another connection where a writer changed the file that this one takes for unchanging; else <c>null</c>.</summary>
    internal Func<StoreConnection?>? Renew { get; set; }

    /// <summary>Whether something was stored when the last transaction began.</summary>
    internal bool HasLooks { get; set; }

    /// <summary>Whether a transaction is open.</summary>
    public bool IsInTransaction => _transaction is not null;

    /// <summary>Begins to write; waits up to 10 seconds for another writer.</summary>
    /// <returns>Whether another program has written since the last transaction: what was remembered of the store may be old.</returns>
    /// <exception cref="PortolanException">It cannot be written.</exception>
    public bool Begin()
    {
        Guard(() => _transaction = _connection.BeginTransaction(deferred: false));
        var version = Number("PRAGMA data_version");
        (var changed, _dataVersion) = (version != _dataVersion, version);
        return changed;
    }

    /// <summary>Makes what was written since <see cref="Begin"/> lasting.</summary>
    /// <exception cref="PortolanException">It cannot be written; nothing of the transaction is stored.</exception>
    public void Commit()
    {
        if (_transaction is { } transaction)
        {
            Guard(transaction.Commit);
            transaction.Dispose();
            _transaction = null;
        }
    }

    /// <summary>Forgets what was written since <see cref="Begin"/>.</summary>
    public void RollBack()
    {
        // SQLite has rolled back by itself where the disk is full; a second time is not an error to anybody.
        try
        {
            _transaction?.Dispose();
        }
        catch (SqliteException)
        {
        }

        _transaction = null;
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run(string sql, params ReadOnlySpan<object?> values)
    {
        var command = Prepare(sql, values);
        return Guard(command.ExecuteNonQuery);
    }

    /// <summary>Inserts a row.</summary>
    /// <returns>Its number.</returns>
    public long Insert(string sql, params ReadOnlySpan<object?> values)
    {
        Run(sql, values);
        return SQLitePCL.raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    /// <summary>The number that a query finds first; 0 for none or <c>NULL</c>.</summary>
    public long Number(string sql, params ReadOnlySpan<object?> values)
    {
        return Ask(sql, values, static command => command.ExecuteScalar()) is long number ? number : 0;
    }

    /// <summary>Reads rows one after the other.</summary>
    /// <param name="sql">The query, with <c>$1</c>, <c>$2</c> and so on.</param>
    /// <param name="values">The values.</param>
    /// <param name="read">Makes something of a row.</param>
    public List<T> Read<T>(string sql, ReadOnlySpan<object?> values, Func<StoreRow, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return Ask(sql, values, command =>
        {
            var rows = new List<T>();
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                rows.Add(read(new StoreRow(reader)));
            }

            return rows;
        });
    }

    /// <summary>Several statements, such as a migration. Never text from outside.</summary>
    internal void Script(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _transaction;
        Guard(command.ExecuteNonQuery);
    }

    /// <summary>Goes on with a copy in memory, which may be changed.</summary>
    internal void MoveToMemory()
    {
        var memory = new SqliteConnection("Data Source=:memory:");
        try
        {
            Guard(() =>
            {
                memory.Open();
                _connection.BackupDatabase(memory);
            });
        }
        catch
        {
            memory.Dispose();
            throw;
        }

        Close();
        (_connection, Renew) = (memory, null);
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>Closes the file; it is opened again by <see cref="Replace"/>.</summary>
    internal void Close()
    {
        RollBack();
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();

        // Closing the last connection moves the log into the file; where that fails the log stays, and nothing is lost.
        try
        {
            _connection.Dispose();
        }
        catch (SqliteException)
        {
        }
    }

    // Of a file that was taken for unchanging nothing counts that was read while a writer changed it.
    private T Ask<T>(string sql, ReadOnlySpan<object?> values, Func<SqliteCommand, T> ask)
    {
        for (var renewals = 0; ; renewals++)
        {
            try
            {
                var command = Prepare(sql, values);
                var found = Guard(() => ask(command));
                if (renewals == MostRenewals || !TryRenew())
                {
                    return found;
                }
            }
            catch (PortolanException) when (renewals < MostRenewals && Renew is not null)
            {
                if (!TryRenew())
                {
                    throw;
                }
            }
        }
    }

    private bool TryRenew()
    {
        if (Renew?.Invoke() is not { } other)
        {
            return false;
        }

        Replace(other);
        return true;
    }

    /// <summary>Goes on with another connection.</summary>
    internal void Replace(StoreConnection other)
    {
        Close();
        (_connection, Renew, Gap, _dataVersion) = (other._connection, other.Renew, other.Gap, 0);
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_statements.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
            }

            _statements.Add(sql, command);
        }

        command.Transaction = _transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }

    private void Guard(Action action) => Guard(() =>
    {
        action();
        return 0;
    });

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException exception)
        {
            throw StoreFault.Of(exception, Path, HasLooks);
        }
        catch (Exception exception) when (exception is InvalidCastException or ArgumentOutOfRangeException)
        {
            throw StoreFault.Damaged(Path, "a row has invalid values");
        }
    }
}

/// <summary>A row that a query found; only valid while it is read.</summary>
public readonly struct StoreRow
{
    private readonly SqliteDataReader _reader;

    internal StoreRow(SqliteDataReader reader) => _reader = reader;

    /// <summary>Whether a column is <c>NULL</c>.</summary>
    public bool IsNull(int column) => _reader.IsDBNull(column);

    /// <summary>An INTEGER; NULL is an error.</summary>
    public long Number(int column) => Demand(column).GetInt64(column);

    /// <summary>A number, or <c>null</c>.</summary>
    public long? NumberOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetInt64(column);

    /// <summary>A real number, or <c>null</c>.</summary>
    public double? RealOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetDouble(column);

    /// <summary>A TEXT; NULL is an error.</summary>
    public string Text(int column) => Demand(column).GetString(column);

    /// <summary>A text, or <c>null</c>.</summary>
    public string? TextOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetString(column);

    /// <summary>A BLOB; NULL is an error.</summary>
    public byte[] Bytes(int column) => Demand(column).GetFieldValue<byte[]>(column);

    /// <summary>A moment.</summary>
    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    /// <summary>A moment, or <c>null</c>.</summary>
    public DateTimeOffset? TimeOrNull(int column) => _reader.IsDBNull(column) ? null : Time(column);

    // What may not be NULL is it in a damaged file alone.
    private SqliteDataReader Demand(int column) => _reader.IsDBNull(column) ? throw new InvalidCastException() : _reader;
}
